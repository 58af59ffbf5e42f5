// A block of code with its language and a button that copies it.
import { CopyButton } from '../views/copy';
import { highlight } from './highlight';

export function CodeBlock({ text, language }: { text: string; language: string }) {
  return (
    <figure class="code">
      <figcaption>
        <span>{language || 'text'}</span>
        <CopyButton text={text} label="Copy code" />
      </figcaption>
      <pre tabIndex={0}>
        <code>
          {highlight(text, language).map((span) =>
            span.kind ? <span class={`hl-${span.kind}`}>{span.text}</span> : span.text,
          )}
        </code>
      </pre>
    </figure>
  );
}
