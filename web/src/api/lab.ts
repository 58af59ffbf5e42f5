// The lab's routes, read only.
import { json } from './client';

export interface Cost {
  wall_seconds: number;
  cpu_seconds: number;
  gpu_seconds: number;
  joules: number | null;
  tokens: number;
  bytes: number;
}

export type Fact = number | string | boolean;

export interface ArtifactSummary {
  id: string;
  kind: string;
  created?: string;
  bytes?: number;
  cost?: Cost;
  facts?: Record<string, Fact>;
  inputs?: { role: string; id: string }[];
  metrics?: boolean;
  stage?: string;
  problem?: string;
}

export interface ArtifactList {
  data: ArtifactSummary[];
  next: string | null;
  kinds: Record<string, number>;
}

export interface Manifest {
  settings: Record<string, unknown>;
  facts: Record<string, unknown>;
  program_version: string;
  stage_version: number;
  content: string;
  digest: string;
  files: { path: string; bytes: number; sha256: string; record: boolean }[];
}

export interface ArtifactDocument extends ArtifactSummary {
  manifest: Manifest;
  files: number;
  made: string[];
}

export interface GraphNode {
  id: string;
  kind: string;
  created?: string;
  bytes?: number;
  made: boolean;
  problem?: string;
  inputs: { role: string; id: string }[];
}

export interface Run {
  id: string;
  kind: string;
  bytes: number;
  running: boolean;
  metrics: boolean;
}

export type MetricsRow = Record<string, number | string | null>;

export interface MetricsPart {
  finished: boolean;
  rows: MetricsRow[];
  from_start: boolean;
  more: boolean;
  next: number;
  file: string;
}

const name = encodeURIComponent;

export const artifacts = (kind = '', before = '', limit = 50): Promise<ArtifactList> =>
  json(`/lab/artifacts?limit=${limit}${kind ? `&kind=${name(kind)}` : ''}${before ? `&before=${name(before)}` : ''}`);
export const artifact = (id: string): Promise<ArtifactDocument> => json(`/lab/artifacts/${name(id)}`);
export const lineage = (id: string): Promise<{ root: string; nodes: GraphNode[]; more: boolean }> =>
  json(`/lab/artifacts/${name(id)}/lineage`);
export const runs = (): Promise<{ data: Run[] }> => json('/lab/runs');
export const metrics = (id: string, after: number, file: string): Promise<MetricsPart> =>
  json(`/lab/runs/${name(id)}/metrics?after=${after}&file=${name(file)}`);
