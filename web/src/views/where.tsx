// Where a reply comes from: the model's files, and the artifacts of the lab that they were made from.
import { useEffect, useState } from 'preact/hooks';
import { Problem } from '../api/problem';
import { traceOf, type Trace } from '../api/replies';
import { served } from '../api/server';
import { Graph } from '../lab/graph';
import { address, go } from '../state/route';
import { CopyButton } from './copy';
import { Dialog } from './dialog';
import { date } from './format';

const short = (digest: string) => (
  <CopyButton text={digest} label="Copy the whole digest">
    <code>{digest.slice(0, 16)}…</code>
  </CopyButton>
);

export function Where({ reply, onClose }: { reply: string; onClose: () => void }) {
  const [trace, setTrace] = useState<Trace | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    traceOf(reply)
      .then(setTrace)
      .catch((error: unknown) => setProblem(error instanceof Problem ? error.message : String(error)));
  }, [reply]);
  const lab = served.get().about?.lab === true;
  return (
    <Dialog title="Where does this come from?" onClose={onClose} wide>
      {problem && (
        <p class="notice" role="alert">
          <span>{problem}</span>
        </p>
      )}
      {!trace && !problem && <p class="soft">Looking it up…</p>}
      {trace && (
        <>
          <dl class="pairs">
            <div>
              <dt>Reply</dt>
              <dd>
                <code>{reply}</code>
              </dd>
            </div>
            <div>
              <dt>Written</dt>
              <dd>{date(trace.created)}</dd>
            </div>
            <div>
              <dt>Model</dt>
              <dd>{trace.model}</dd>
            </div>
            <div>
              <dt>Its files (SHA-256)</dt>
              <dd>{short(trace.digest)}</dd>
            </div>
            <div>
              <dt>Request, reply</dt>
              <dd>
                {short(trace.request_sha256)} {short(trace.reply_sha256)}
              </dd>
            </div>
            <div>
              <dt>Artifact</dt>
              <dd>
                {trace.artifact ? (
                  lab ? (
                    <a href={address('lab', 'artifact', trace.artifact)} onClick={onClose}>
                      {trace.artifact}
                    </a>
                  ) : (
                    trace.artifact
                  )
                ) : (
                  'none: the model was served from outside of the lab'
                )}
              </dd>
            </div>
          </dl>
          {trace.lineage.length > 0 && (
            <>
              <h3>What the model was made from</h3>
              <Graph
                nodes={trace.lineage.map((node) => ({
                  ...node,
                  kind: node.kind ?? node.id.slice(0, node.id.lastIndexOf('-')),
                  made: false,
                }))}
                root={trace.artifact ?? ''}
                picked=""
                onPick={
                  lab
                    ? (id) => {
                        onClose();
                        go('lab', 'artifact', id);
                      }
                    : undefined
                }
              />
            </>
          )}
        </>
      )}
    </Dialog>
  );
}
