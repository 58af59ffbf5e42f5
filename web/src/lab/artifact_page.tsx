// One artifact: its lineage as a graph, and the manifest of whichever node is picked in it.
import { useEffect, useState } from 'preact/hooks';
import { artifact, lineage, type GraphNode } from '../api/lab';
import { Problem } from '../api/problem';
import { address } from '../state/route';
import { CopyButton } from '../views/copy';
import { bytes, count, date, seconds } from '../views/format';
import { Icon } from '../views/icons';
import { Graph } from './graph';
import { useAnswer } from './use_answer';

// Leaves of an object, as "a.b" and a short text.
export function leaves(value: unknown, name = '', depth = 0): [string, string][] {
  if (value !== null && typeof value === 'object' && !Array.isArray(value) && depth < 6) {
    return Object.entries(value).flatMap(([key, inner]) => leaves(inner, name ? `${name}.${key}` : key, depth + 1));
  }
  const text =
    typeof value === 'number'
      ? Number.isInteger(value)
        ? String(value)
        : String(Number(value.toPrecision(6)))
      : typeof value === 'string'
        ? value
        : JSON.stringify(value);
  return [[name, text.length > 2000 ? text.slice(0, 2000) + '…' : text]];
}

function Pairs({ title, pairs }: { title: string; pairs: [string, string][] }) {
  if (pairs.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <dl class="pairs">
        {pairs.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function ManifestView({ id }: { id: string }) {
  const { found: document, problem } = useAnswer(() => artifact(id), [id]);
  if (problem)
    return (
      <p class="notice" role="alert">
        <span>{problem}</span>
      </p>
    );
  if (document?.id !== id) return <p class="soft">Reading {id}…</p>;
  const { manifest, cost } = document;
  const costs: [string, string][] = cost
    ? [
        ['Time', seconds(cost.wall_seconds)],
        ['Processor', seconds(cost.cpu_seconds)],
        ...(cost.gpu_seconds > 0 ? [['Accelerator', seconds(cost.gpu_seconds)] as [string, string]] : []),
        ...(cost.joules !== null ? [['Energy', `${count(cost.joules / 1000)} kJ`] as [string, string]] : []),
        ...(cost.tokens > 0 ? [['Tokens', count(cost.tokens)] as [string, string]] : []),
        ...(cost.bytes > 0 ? [['Read', bytes(cost.bytes)] as [string, string]] : []),
      ]
    : [];
  return (
    <section class="manifest" aria-label={`Manifest of ${id}`}>
      <header class="row">
        <h2>{id}</h2>
        <CopyButton text={id} label="Copy the id" />
        {document.metrics && (
          <a class="button" href={address('lab', 'run', id)}>
            Curves
          </a>
        )}
        {document.kind === 'corpus' && manifest.files.some((file) => file.path === 'funnel.json') && (
          <a class="button" href={address('lab', 'corpus', id)}>
            What was curated
          </a>
        )}
        <CopyButton text={JSON.stringify(manifest, null, 2)} label="Copy the manifest" framed>
          Copy the manifest
        </CopyButton>
      </header>
      <div class="manifest-columns">
        <Pairs
          title="Made"
          pairs={[
            ['On', date(document.created ?? '')],
            ['By', `persea ${manifest.program_version}, stage version ${manifest.stage_version}`],
            ['Size', `${bytes(document.bytes ?? 0)} in ${document.files} files`],
            ['Content', manifest.content],
          ]}
        />
        <Pairs title="Cost" pairs={costs} />
        <Pairs title="Facts" pairs={leaves(manifest.facts)} />
        <Pairs title="Settings" pairs={leaves(manifest.settings)} />
        <section>
          <h3>Files</h3>
          <div class="table" tabIndex={0} role="region" aria-label="Files">
            <table>
              <thead>
                <tr>
                  <th>Path</th>
                  <th class="right">Size</th>
                  <th>SHA-256</th>
                </tr>
              </thead>
              <tbody>
                {manifest.files.map((file) => (
                  <tr key={file.path}>
                    <td>
                      {file.path}
                      {file.record && <small> record</small>}
                    </td>
                    <td class="right">{bytes(file.bytes)}</td>
                    <td>
                      <code title={file.sha256}>{file.sha256.slice(0, 12)}…</code>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {document.files > manifest.files.length && (
            <p class="soft">and {document.files - manifest.files.length} more</p>
          )}
        </section>
      </div>
    </section>
  );
}

export function ArtifactPage({ id }: { id: string }) {
  const [nodes, setNodes] = useState<GraphNode[]>([]);
  const [more, setMore] = useState(false);
  const [picked, setPicked] = useState(id);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    setPicked(id);
    setProblem('');
    lineage(id)
      .then((found) => {
        setNodes(found.nodes);
        setMore(found.more);
      })
      .catch((error: unknown) => {
        setNodes([]);
        setProblem(error instanceof Problem ? error.message : String(error));
      });
  }, [id]);
  return (
    <div class="lab-page">
      <header class="lab-head">
        <a class="quiet" href={address('lab', 'artifacts')} aria-label="Back to the artifacts">
          <Icon name="back" />
        </a>
        <h1>{id}</h1>
        {picked !== id && (
          <a class="button" href={address('lab', 'artifact', picked)}>
            Lineage of {picked}
          </a>
        )}
      </header>
      {problem ? (
        <p class="notice" role="alert">
          <span>{problem}</span>
        </p>
      ) : (
        <>
          <h2>Lineage</h2>
          {nodes.length > 0 && <Graph nodes={nodes} root={id} picked={picked} onPick={setPicked} />}
          {more && <p class="soft">More was made from it than is shown here.</p>}
          <ManifestView id={picked} />
        </>
      )}
    </div>
  );
}
