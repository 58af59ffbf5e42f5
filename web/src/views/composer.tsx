// Where a message is written and sent, and an answer stopped.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Conversation } from '../chat/conversation';
import { path } from '../chat/tree';
import { isWriting, say, stop, writingCount } from '../chat/writing';
import { Store, useStore } from '../state/store';
import { Icon } from './icons';

export const editing = new Store<string>(''); // the message whose text is being edited
const drafts = new Map<string, string>(); // by chat

export function grow(area: HTMLTextAreaElement | null): void {
  if (!area) return;
  area.style.height = 'auto';
  area.style.height = `${Math.min(area.scrollHeight + 2, innerHeight * 0.4)}px`;
}

export function Composer({ chat, ready }: { chat: Conversation; ready: boolean }) {
  useStore(writingCount);
  const [text, setText] = useState(drafts.get(chat.id) ?? '');
  const area = useRef<HTMLTextAreaElement>(null);
  const busy = isWriting(chat.id);
  useEffect(() => {
    setText(drafts.get(chat.id) ?? '');
    if (matchMedia('(hover: hover)').matches) area.current?.focus(); // on a phone that would open the keyboard
  }, [chat.id]);
  useEffect(() => grow(area.current), [text]);
  const change = (value: string): void => {
    drafts.set(chat.id, value);
    setText(value);
  };
  const submit = (): void => {
    if (!ready || busy || text.trim() === '') return;
    say(chat.id, text);
    change('');
  };
  const editLast = (): boolean => {
    const last = path(chat.lanes[0]!.tree).findLast((message) => message.role === 'user');
    if (last) editing.set(last.id);
    return last !== undefined;
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div class="composer-box">
        <label class="offscreen" for="message">
          Message
        </label>
        <textarea
          id="message"
          ref={area}
          rows={1}
          value={text}
          placeholder="Write a message"
          enterkeyhint="send"
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.isComposing) return;
            if (event.key === 'Enter' && !event.shiftKey) {
              event.preventDefault();
              submit();
            } else if (event.key === 'ArrowUp' && text === '' && !busy && editLast()) {
              event.preventDefault();
            }
          }}
        />
        {busy ? (
          <button type="button" class="round" aria-label="Stop" title="Stop (Esc)" onClick={() => stop(chat.id)}>
            <Icon name="stop" />
          </button>
        ) : (
          <button
            type="submit"
            class="round primary"
            aria-label="Send"
            title="Send (Enter)"
            disabled={!ready || text.trim() === ''}
          >
            <Icon name="send" />
          </button>
        )}
      </div>
      <p class="composer-hint">
        <kbd>Enter</kbd> sends, <kbd>Shift</kbd> <kbd>Enter</kbd> begins a line, <kbd>?</kbd> lists the keys
      </p>
    </form>
  );
}
