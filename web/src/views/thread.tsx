// What was said with one model. It stays at its end while an answer grows, unless a person has scrolled away.
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Lane } from '../chat/conversation';
import { path } from '../chat/tree';
import { Icon } from './icons';
import { AnswerView } from './answer';
import { PromptView } from './prompt';

const kNear = 80; // pixels from the end that count as being there

export function Thread({
  chat,
  lane,
  head,
  front,
}: {
  chat: string;
  lane: Lane;
  head: ComponentChildren;
  front: boolean;
}) {
  const box = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const [away, setAway] = useState(false);
  const shown = path(lane.tree);
  const last = shown.at(-1);
  const toEnd = (): void => {
    following.current = true;
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  useLayoutEffect(toEnd, [shown.length, lane.id]);
  useLayoutEffect(() => {
    if (following.current) toEnd();
  }, [last?.text, last?.state]);
  return (
    <div
      class={`lane${front ? ' front' : ''}`}
      ref={box}
      tabIndex={0}
      role="group"
      aria-label={`With ${lane.model}`}
      onScroll={(event) => {
        const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
        following.current = scrollHeight - scrollTop - clientHeight < kNear;
        setAway(!following.current);
      }}
    >
      {head && <div class="lane-head">{head}</div>}
      <ol class="messages">
        {shown.map((message) => (
          <li key={message.id} class={message.role}>
            {message.role === 'user' ? (
              <PromptView chat={chat} lane={lane} message={message} />
            ) : (
              <AnswerView chat={chat} lane={lane} message={message} />
            )}
          </li>
        ))}
      </ol>
      {away && (
        <button type="button" class="to-end" aria-label="To the end" title="To the end" onClick={toEnd}>
          <Icon name="down_arrow" />
        </button>
      )}
    </div>
  );
}
