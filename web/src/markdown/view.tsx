// Markdown as nodes of the page. Texts only ever become text nodes, so nothing that a model writes is ever read as HTML.
import type { ComponentChildren, VNode } from 'preact';
import { memo } from 'preact/compat';
import { CodeBlock } from './code_view';
import { parseBlocks, type Block } from './blocks';
import { parseInline, type Inline } from './inline';

function inlines(nodes: Inline[]): ComponentChildren {
  return nodes.map((node) => {
    switch (node.kind) {
      case 'text':
        return node.text;
      case 'code':
        return <code>{node.text}</code>;
      case 'break':
        return <br />;
      case 'em':
        return <em>{inlines(node.children)}</em>;
      case 'strong':
        return <strong>{inlines(node.children)}</strong>;
      case 'del':
        return <del>{inlines(node.children)}</del>;
      case 'link':
        return (
          <a href={node.href} target="_blank" rel="noopener noreferrer nofollow">
            {inlines(node.children)}
          </a>
        );
    }
  });
}

const line = (text: string): ComponentChildren => inlines(parseInline(text));

function view(block: Block): VNode {
  switch (block.kind) {
    case 'paragraph':
      return <p>{line(block.text)}</p>;
    case 'heading': {
      const Tag = `h${Math.min(6, block.level + 2)}` as 'h3'; // the page's own headings stand above
      return <Tag>{line(block.text)}</Tag>;
    }
    case 'code':
      return <CodeBlock text={block.text} language={block.language} />;
    case 'quote':
      return <blockquote>{block.blocks.map(view)}</blockquote>;
    case 'rule':
      return <hr />;
    case 'list': {
      const items = block.items.map((item) => (
        <li class={item.checked === null ? undefined : 'task'}>
          {item.checked !== null && (
            <input type="checkbox" checked={item.checked} disabled aria-label={item.checked ? 'done' : 'to do'} />
          )}
          {item.blocks.map((inner) =>
            inner.kind === 'paragraph' && !block.loose ? <span>{line(inner.text)}</span> : view(inner),
          )}
        </li>
      ));
      return block.ordered ? <ol start={block.start}>{items}</ol> : <ul>{items}</ul>;
    }
    case 'table':
      return (
        <div class="table" tabIndex={0} role="region" aria-label="Table">
          <table>
            <thead>
              <tr>
                {block.head.map((cell, at) => (
                  <th class={block.align[at] ?? undefined}>{line(cell)}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {block.rows.map((row) => (
                <tr>
                  {row.map((cell, at) => (
                    <td class={block.align[at] ?? undefined}>{line(cell)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
  }
}

// A block is drawn again only when it changed: of a text that grows that is the last one.
const BlockView = memo(
  ({ block }: { block: Block; source: string }) => view(block),
  (before, after) => before.source === after.source,
);

export function Markdown({ text }: { text: string }) {
  return (
    <div class="markdown">
      {parseBlocks(text).map((block, at) => (
        <BlockView key={at} block={block} source={JSON.stringify(block)} />
      ))}
    </div>
  );
}
