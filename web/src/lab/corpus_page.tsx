// A curated corpus: what went in, what each rule took, what came out, and samples of all of it.
import { useState } from 'preact/hooks';
import { clusters, funnel, type Counts, type Funnel, type Step, type Wanted } from '../api/corpus';
import { address } from '../state/route';
import { bytes, count, plural } from '../views/format';
import { Icon } from '../views/icons';
import { percent, share, type Measure } from './funnel';
import { Bar, FunnelPlot, LengthPlot } from './funnel_plot';
import { DecisionCard, Samples, where } from './samples';
import { useAnswer } from './use_answer';

function Tiles({ found }: { found: Funnel }) {
  const skipped = found.all.skipped.reduce((sum, one) => sum + one.items, 0);
  const tiles: [string, string][] = [
    ['Read', bytes(found.all.read.bytes)],
    ['Kept', bytes(found.all.kept.bytes)],
    ['Of it', percent(share(found.all.kept.bytes, found.all.read.bytes))],
    ['Documents', count(found.corpus.documents)],
    ['Validation', count(found.corpus.valid_documents)],
    ['Files', count(found.all.files)],
    ...(skipped > 0 ? [['Not read', count(skipped)] as [string, string]] : []),
  ];
  return (
    <dl class="tiles">
      {tiles.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Changes({ steps, wanted, onWant }: { steps: Step[]; wanted: Wanted; onWant: (wanted: Wanted) => void }) {
  if (steps.length === 0) return null;
  return (
    <section>
      <h2>Changed</h2>
      <div class="filters" role="group" aria-label="Changes">
        {steps.flatMap((step) =>
          (step.reasons ?? []).map((reason) => (
            <button
              type="button"
              key={`${step.step} ${reason.reason}`}
              aria-pressed={
                wanted.verdict === 'change' && wanted.step === step.step && wanted.reason === reason.reason
              }
              onClick={() => onWant({ verdict: 'change', step: step.step, reason: reason.reason })}
            >
              {step.step}: {reason.reason} <small>{plural(reason.documents, 'document')}, {bytes(reason.bytes)}</small>
            </button>
          )),
        )}
      </div>
    </section>
  );
}

function Sources({ found }: { found: Funnel }) {
  const mixed = found.sources.reduce((sum, source) => sum + source.mixed.bytes, 0);
  return (
    <section>
      <h2>Sources</h2>
      <div class="table cards sources">
        <table>
          <thead>
            <tr>
              <th>Source</th>
              <th>Licence</th>
              <th>Consent</th>
              <th class="right">Read</th>
              <th class="right">Kept</th>
              <th class="wide">Of the mixture</th>
              <th class="right">Times</th>
            </tr>
          </thead>
          <tbody>
            {found.sources.map((source) => (
              <tr key={source.name}>
                <td>{source.name}</td>
                <td data-label="Licence">{source.licence || 'not said'}</td>
                <td data-label="Consent">{source.consent ? 'yes' : 'not given'}</td>
                <td data-label="Read" class="right">
                  {bytes(source.read.bytes)}
                </td>
                <td data-label="Kept" class="right">
                  {bytes(source.kept.bytes)} <small class="soft">{percent(share(source.kept.bytes, source.read.bytes))}</small>
                </td>
                <td data-label="Of the mixture" class="share-cell">
                  <Bar left={share(source.mixed.bytes, mixed)} />
                  <span>{percent(share(source.mixed.bytes, mixed))}</span>
                </td>
                <td data-label="Times" class="right">
                  {count(source.copies)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {found.more_sources && <p class="soft">There are more sources than are shown here.</p>}
      {found.left_out.map((source) => (
        <p class="soft" key={source.name}>
          Left out: {source.name} ({source.reason})
        </p>
      ))}
    </section>
  );
}

function Copies({ id }: { id: string }) {
  const { found, problem } = useAnswer(() => clusters(id), [id]);
  return (
    <section aria-label="Copies">
      <h2>Copies</h2>
      {problem && <p class="wrong">{problem}</p>}
      {!found ? (
        !problem && <p class="soft">Counting…</p>
      ) : found.copies === 0 ? (
        <p class="soft">No document was left out as a copy of another.</p>
      ) : (
        <>
          <p class="soft">
            {plural(found.copies, 'document')} ({bytes(found.bytes)}) went as copies of {count(found.clusters)}. Those with
            the most:
          </p>
          {found.largest.map((cluster) => (
            <details class="cluster" key={cluster.of.source + cluster.of.file + cluster.of.place}>
              <summary>
                {where(cluster.of)}{' '}
                <small>
                  {cluster.copies === 1 ? '1 copy' : `${count(cluster.copies)} copies`}, {bytes(cluster.bytes)}
                </small>
              </summary>
              <div class="decisions">
                {cluster.members.map((member, at) => (
                  <DecisionCard key={at} decision={member} />
                ))}
              </div>
              {cluster.copies > cluster.members.length && (
                <p class="soft">and {count(cluster.copies - cluster.members.length)} more</p>
              )}
            </details>
          ))}
        </>
      )}
      {found?.altered && found.altered.length > 0 && (
        <>
          <h3>With other numbers or names</h3>
          <p class="soft">Documents that are alike but for a few words, for people to look at.</p>
          {found.altered.map((pair, at) => (
            <details class="cluster" key={at}>
              <summary>
                {where(pair.copy)} <small>like {where(pair.original)}</small>
              </summary>
              <ul class="differences">
                {pair.differences.map((one, index) => (
                  <li key={index}>
                    {one.kind}: <mark>{one.copy || '(nothing)'}</mark> where the other has{' '}
                    <mark>{one.original || '(nothing)'}</mark>
                  </li>
                ))}
              </ul>
            </details>
          ))}
        </>
      )}
    </section>
  );
}

function titleOf(wanted: Wanted): string {
  const source = wanted.source ? ` of ${wanted.source}` : '';
  if (wanted.verdict === 'keep') return `Kept${source}, by lot`;
  const verb = wanted.verdict === 'change' ? 'Changed' : wanted.verdict === 'skip' ? 'Not read' : 'Dropped';
  return `${verb}${source}${wanted.step ? ` by ${wanted.step}` : ''}${wanted.reason ? `: ${wanted.reason}` : ''}`;
}

function Inside({ id, found }: { id: string; found: Funnel }) {
  const [measure, setMeasure] = useState<Measure>('bytes');
  const [source, setSource] = useState('');
  const [wanted, setWanted] = useState<Wanted>({ verdict: 'keep' });
  const counts: Counts = found.sources.find((one) => one.name === source) ?? found.all;
  return (
    <>
      <Tiles found={found} />
      <section>
        <header class="row">
          <h2>Funnel</h2>
          <span class="filters" role="group" aria-label="Measured in">
            {(['bytes', 'documents'] as const).map((name) => (
              <button type="button" key={name} aria-pressed={measure === name} onClick={() => setMeasure(name)}>
                {name}
              </button>
            ))}
          </span>
          {found.sources.length > 1 && (
            <label>
              Source{' '}
              <select value={source} onChange={(event) => setSource(event.currentTarget.value)}>
                <option value="">all</option>
                {found.sources.map((one) => (
                  <option key={one.name} value={one.name}>
                    {one.name}
                  </option>
                ))}
              </select>
            </label>
          )}
        </header>
        <FunnelPlot
          counts={counts}
          steps={source ? [] : found.all.dropped}
          measure={measure}
          wanted={wanted}
          onWant={setWanted}
        />
      </section>
      <Changes steps={found.all.changed} wanted={wanted} onWant={setWanted} />
      {found.all.skipped.length > 0 && (
        <section>
          <h2>Not read</h2>
          <div class="filters" role="group" aria-label="Not read">
            {found.all.skipped.map((one) => (
              <button
                type="button"
                key={one.reason}
                aria-pressed={wanted.verdict === 'skip' && wanted.reason === one.reason}
                onClick={() => setWanted({ verdict: 'skip', reason: one.reason })}
              >
                {one.reason} <small>{count(one.items)}</small>
              </button>
            ))}
          </div>
        </section>
      )}
      <Samples id={id} wanted={{ ...wanted, ...(source ? { source } : {}) }} title={titleOf({ ...wanted, source })} />
      <Copies id={id} />
      <Sources found={found} />
      <section>
        <h2>Lengths</h2>
        <LengthPlot counts={counts} />
      </section>
    </>
  );
}

export function CorpusPage({ id }: { id: string }) {
  const { found, problem } = useAnswer(() => funnel(id), [id]);
  return (
    <div class="lab-page corpus-page">
      <header class="lab-head">
        <a class="quiet" href={address('lab', 'artifact', id)} aria-label="Back to the artifact">
          <Icon name="back" />
        </a>
        <h1>{id}</h1>
      </header>
      {problem ? (
        <p class="notice" role="alert">
          <span>{problem}</span>
        </p>
      ) : found ? (
        <Inside id={id} found={found} />
      ) : (
        <p class="soft">Reading {id}…</p>
      )}
    </div>
  );
}
