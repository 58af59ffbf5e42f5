// The lab's runs and artifacts as lists.
import { useEffect, useState } from 'preact/hooks';
import { artifacts, runs, type ArtifactList, type ArtifactSummary, type Run } from '../api/lab';
import { asProblem, type Problem } from '../api/problem';
import { address } from '../state/route';
import { bytes, count, date, seconds } from '../views/format';
import { ProblemNotice } from '../views/notice';

const kEvery = 4000; // milliseconds between looks

// What says most about an artifact, before what its facts say besides.
const telling = [
  'parameters',
  'valid_loss',
  'bits_per_byte',
  'tokens',
  'documents',
  'vocab_size',
  'train_tokens',
  'questions_rate',
  'steps',
];
const rank = (name: string): number => (telling.includes(name) ? telling.indexOf(name) : telling.length);

// The facts that fit on a line.
function factsText(facts: ArtifactSummary['facts']): string {
  return Object.entries(facts ?? {})
    .sort(([a], [b]) => rank(a) - rank(b))
    .slice(0, 4)
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${typeof value === 'number' ? count(value) : String(value)}`)
    .join(' · ');
}

function Table({ rows, to }: { rows: ArtifactSummary[]; to: (row: ArtifactSummary) => string }) {
  return (
    <div class="table cards">
      <table>
        <thead>
          <tr>
            <th>Artifact</th>
            <th>Kind</th>
            <th>Made</th>
            <th class="right">Size</th>
            <th class="right">Took</th>
            <th>Facts</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td>
                <a href={to(row)}>{row.id}</a>
              </td>
              <td data-label="Kind">{row.kind}</td>
              <td data-label="Made">{row.created ? date(row.created) : '–'}</td>
              <td data-label="Size" class="right">
                {row.bytes === undefined ? '–' : bytes(row.bytes)}
              </td>
              <td data-label="Took" class="right">
                {row.cost ? seconds(row.cost.wall_seconds) : '–'}
              </td>
              <td class="soft facts-cell">
                {row.problem ? <span class="wrong">{row.problem}</span> : factsText(row.facts)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function RunList() {
  const [under, setUnder] = useState<Run[]>([]);
  const [done, setDone] = useState<ArtifactSummary[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [again, setAgain] = useState(0);
  useEffect(() => {
    let gone = false;
    let timer: ReturnType<typeof setTimeout>;
    const look = async (): Promise<void> => {
      try {
        const [list, made] = await Promise.all([runs(), artifacts('', '', 200)]);
        if (gone) return;
        setUnder(list.data);
        setDone(made.data.filter((one) => one.metrics));
        setProblem(null);
        timer = setTimeout(() => void look(), kEvery);
      } catch (error) {
        if (!gone) setProblem(asProblem(error));
      }
    };
    void look();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [again]);
  if (problem) return <ProblemNotice problem={problem} onRetry={() => setAgain(again + 1)} />;
  if (!done) return <p class="soft">Reading the lab…</p>;
  return (
    <>
      {under.length > 0 && (
        <section>
          <h2>Under way</h2>
          <ul class="run-cards">
            {under.map((run) => (
              <li key={run.id}>
                {run.metrics ? <a href={address('lab', 'run', run.id)}>{run.id}</a> : <b>{run.id}</b>}
                <span class={`pill${run.running ? ' live' : ''}`}>{run.running ? 'running' : 'unfinished'}</span>
                <span class="soft">
                  {bytes(run.bytes)} so far{run.running ? '' : '; the same command goes on from there'}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section>
        <h2>Finished runs</h2>
        {done.length === 0 ? (
          <p class="soft">No model was trained in this lab yet: persea run RECIPE trains one.</p>
        ) : (
          <Table rows={done} to={(row) => address('lab', 'run', row.id)} />
        )}
      </section>
    </>
  );
}

export function ArtifactListView() {
  const [kind, setKind] = useState('');
  const [list, setList] = useState<ArtifactList | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [again, setAgain] = useState(0);
  useEffect(() => {
    let gone = false;
    artifacts(kind)
      .then((found) => {
        if (!gone) {
          setList(found);
          setProblem(null);
        }
      })
      .catch((error: unknown) => {
        if (!gone) setProblem(asProblem(error));
      });
    return () => {
      gone = true;
    };
  }, [kind, again]);
  const more = (): void => {
    if (!list?.next) return;
    artifacts(kind, list.next)
      .then((found) => setList({ ...found, data: [...list.data, ...found.data] }))
      .catch((error: unknown) => setProblem(asProblem(error)));
  };
  if (problem) return <ProblemNotice problem={problem} onRetry={() => setAgain(again + 1)} />;
  if (!list) return <p class="soft">Reading the lab…</p>;
  const all = Object.values(list.kinds).reduce((a, b) => a + b, 0);
  return (
    <>
      <div class="filters" role="group" aria-label="Kinds">
        {['', ...Object.keys(list.kinds).sort()].map((name) => (
          <button type="button" key={name} aria-pressed={kind === name} onClick={() => setKind(name)}>
            {name || 'all'} <small>{name ? list.kinds[name] : all}</small>
          </button>
        ))}
      </div>
      {list.data.length === 0 ? (
        <p class="soft">There is nothing yet: persea run RECIPE fills the lab.</p>
      ) : (
        <Table rows={list.data} to={(row) => address('lab', 'artifact', row.id)} />
      )}
      {list.next && (
        <p class="row">
          <button type="button" onClick={more}>
            Older ones
          </button>
        </p>
      )}
    </>
  );
}
