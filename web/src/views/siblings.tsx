// Which of the branches at a message is shown, and the way to the others.
import type { Lane } from '../chat/conversation';
import { siblings } from '../chat/tree';
import { showSibling } from '../chat/writing';
import { Icon } from './icons';

export function Siblings({ chat, lane, id }: { chat: string; lane: Lane; id: string }) {
  const all = siblings(lane.tree, id);
  if (all.length < 2) return null;
  const at = all.indexOf(id);
  return (
    <span class="siblings" role="group" aria-label="Versions">
      <button
        type="button"
        class="quiet"
        aria-label="Version before"
        disabled={at === 0}
        onClick={() => showSibling(chat, lane.id, id, -1)}
      >
        <Icon name="left" />
      </button>
      <span aria-live="polite">
        {at + 1} / {all.length}
      </span>
      <button
        type="button"
        class="quiet"
        aria-label="Next version"
        disabled={at === all.length - 1}
        onClick={() => showSibling(chat, lane.id, id, 1)}
      >
        <Icon name="right" />
      </button>
    </span>
  );
}
