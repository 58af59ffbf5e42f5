// A button that copies a text, and says that it has.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Icon } from './icons';

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // A page without TLS on another machine's address has no clipboard: select the text and copy it the old way.
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'offscreen';
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

export function CopyButton({
  text,
  label,
  children,
  framed = false,
}: {
  text: string;
  label: string;
  children?: ComponentChildren;
  framed?: boolean;
}) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => setDone(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <button
      type="button"
      class={framed ? 'copy-text' : children ? 'plain copy-text' : 'quiet'}
      title={done ? 'Copied' : label}
      aria-label={done ? 'Copied' : label}
      onClick={() => void copy(text).then(setDone)}
    >
      {children ?? <Icon name={done ? 'check' : 'copy'} />}
      {children && done && <Icon name="check" />}
    </button>
  );
}
