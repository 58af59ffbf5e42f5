// What can be said of a reply, and asked about it, afterwards.
import { json } from './client';

export interface LineageNode {
  id: string;
  kind?: string;
  created?: string;
  content?: string;
  inputs: { role: string; id: string }[];
}

export interface Trace {
  id: string;
  created: string;
  model: string;
  digest: string;
  artifact: string | null;
  request_sha256: string;
  reply_sha256: string;
  lineage: LineageNode[];
}

export const traceOf = (reply: string): Promise<Trace> => json<Trace>(`/trace/${encodeURIComponent(reply)}`);

export const sayOf = (
  reply: string,
  said: { rating?: 'up' | 'down' | 'none'; edit?: string; comment?: string },
): Promise<unknown> => json('/feedback', { body: { id: reply, ...said } });

export const deleteMyData = (): Promise<{ replies: number; feedback: number }> =>
  json('/my-data', { method: 'DELETE' });
