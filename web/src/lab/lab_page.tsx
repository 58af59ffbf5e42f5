// The lab: its runs, its artifacts, and one of either.
import { address } from '../state/route';
import { Icon } from '../views/icons';
import { menuOpen } from '../views/panels';
import { ArtifactPage } from './artifact_page';
import { CorpusPage } from './corpus_page';
import { ArtifactListView, RunList } from './lists';
import { RunPage } from './run_page';

function Inner({ where }: { where: string[] }) {
  const [page, id] = where;
  if (page === 'run' && id) return <RunPage key={id} id={id} />;
  if (page === 'artifact' && id) return <ArtifactPage id={id} />;
  if (page === 'corpus' && id) return <CorpusPage key={id} id={id} />;
  const listed = page === 'artifacts';
  return (
    <div class="lab-page">
      <header class="lab-head">
        <h1>The lab</h1>
      </header>
      <nav class="tabs" aria-label="The lab">
        <a href={address('lab')} aria-current={listed ? undefined : 'page'}>
          Runs
        </a>
        <a href={address('lab', 'artifacts')} aria-current={listed ? 'page' : undefined}>
          Artifacts
        </a>
      </nav>
      {listed ? <ArtifactListView /> : <RunList />}
    </div>
  );
}

export function LabPage({ where }: { where: string[] }) {
  return (
    <div class="lab">
      <button type="button" class="quiet narrow-only lab-menu" aria-label="Menu" onClick={() => menuOpen.set(true)}>
        <Icon name="menu" />
      </button>
      <Inner where={where} />
    </div>
  );
}
