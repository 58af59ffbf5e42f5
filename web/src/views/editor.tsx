// A message's text while it is being edited.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { grow } from './composer';

export function Editor({
  text,
  label,
  action,
  onDone,
  onCancel,
}: {
  text: string;
  label: string;
  action: string;
  onDone: (text: string) => void;
  onCancel: () => void;
}) {
  const [now, setNow] = useState(text);
  const area = useRef<HTMLTextAreaElement>(null);
  // Before the screen is drawn: a key that is pressed as the text appears is meant for it.
  useLayoutEffect(() => {
    grow(area.current);
    area.current?.focus();
    area.current?.setSelectionRange(text.length, text.length);
  }, []);
  const done = (): void => {
    if (now.trim() !== '') onDone(now);
  };
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        done();
      }}
    >
      <textarea
        ref={area}
        value={now}
        aria-label={label}
        onInput={(event) => {
          setNow(event.currentTarget.value);
          grow(event.currentTarget);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.preventDefault();
            onCancel();
          }
          if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            done();
          }
        }}
      />
      <div class="row end">
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
        <button type="submit" class="primary" disabled={now.trim() === ''}>
          {action}
        </button>
      </div>
    </form>
  );
}
