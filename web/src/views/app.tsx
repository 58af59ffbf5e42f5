// The page as a whole: the sidebar, and the chat or the lab.
import { useEffect } from 'preact/hooks';
import { served } from '../api/server';
import { announcement } from '../chat/writing';
import { LabPage } from '../lab/lab_page';
import { route } from '../state/route';
import { useStore } from '../state/store';
import { ChatPage } from './chat_page';
import { DataDialog } from './data_dialog';
import { HelpDialog } from './help_dialog';
import { KeyDialog } from './key_dialog';
import { panel } from './panels';
import { Sidebar } from './sidebar';

export function App() {
  const where = useStore(route);
  const open = useStore(panel);
  const told = useStore(announcement);
  const { problem } = useStore(served);
  const close = (): void => panel.set('');
  useEffect(() => {
    if (problem?.needsKey) panel.set('key');
  }, [problem?.needsKey]);
  return (
    <div class="app">
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <Sidebar />
      <main id="main" tabIndex={-1}>
        {where[0] === 'lab' ? <LabPage where={where.slice(1)} /> : <ChatPage />}
      </main>
      {open === 'help' && <HelpDialog onClose={close} />}
      {open === 'key' && <KeyDialog onClose={close} />}
      {open === 'data' && <DataDialog onClose={close} />}
      <div class="offscreen" role="status" aria-live="polite">
        {told}
      </div>
    </div>
  );
}
