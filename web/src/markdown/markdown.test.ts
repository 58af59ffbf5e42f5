import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBlocks, type Block } from './blocks';
import { highlight } from './highlight';
import { parseInline, safeHref, type Inline } from './inline';

// Blocks and inlines in a short form.
const line = (nodes: Inline[]): string =>
  nodes
    .map((node) => {
      if (node.kind === 'text') return node.text;
      if (node.kind === 'code') return `code(${node.text})`;
      if (node.kind === 'break') return '|';
      if (node.kind === 'link') return `link(${node.href} ${line(node.children)})`;
      return `${node.kind}(${line(node.children)})`;
    })
    .join('');
const short = (blocks: Block[]): string =>
  blocks
    .map((block) => {
      if (block.kind === 'paragraph') return `p(${block.text})`;
      if (block.kind === 'heading') return `h${block.level}(${block.text})`;
      if (block.kind === 'code') return `code:${block.language}(${block.text})`;
      if (block.kind === 'quote') return `quote(${short(block.blocks)})`;
      if (block.kind === 'list') {
        return (
          `${block.ordered ? `ol${block.start}` : 'ul'}${block.loose ? '~' : ''}(` +
          block.items
            .map((item) => (item.checked === null ? '' : item.checked ? '[x]' : '[ ]') + short(item.blocks))
            .join(', ') +
          ')'
        );
      }
      if (block.kind === 'table') return `table(${[block.head, ...block.rows].map((row) => row.join('/')).join(', ')})`;
      return 'rule';
    })
    .join(' ');
const blocks = (text: string): string => short(parseBlocks(text));
const inline = (text: string): string => line(parseInline(text));

test('blocks', () => {
  assert.equal(blocks(''), '');
  assert.equal(blocks('# One\ntext\nmore\n\n## Two ##'), 'h1(One) p(text\nmore) h2(Two)');
  assert.equal(blocks('#no heading'), 'p(#no heading)');
  assert.equal(blocks('Title\n=====\ntext'), 'h1(Title) p(text)');
  assert.equal(blocks('a\n\n---\n***\nb'), 'p(a) rule rule p(b)');
  assert.equal(blocks('```cpp\nint a;\n\n# b\n```\nafter'), 'code:cpp(int a;\n\n# b) p(after)');
  assert.equal(blocks('````\n```\n````'), 'code:(```)');
  assert.equal(blocks('```py\nstill being writ'), 'code:py(still being writ)');
  assert.equal(blocks('> a\n> b\nc\n\nd'), 'quote(p(a\nb\nc)) p(d)');
  assert.equal(blocks('    code\n    more'), 'code:(code\nmore)');
});

test('lists', () => {
  assert.equal(blocks('- a\n- b\n  - c\n- d'), 'ul(p(a), p(b) ul(p(c)), p(d))');
  assert.equal(blocks('3. a\n4. b'), 'ol3(p(a), p(b))');
  assert.equal(blocks('- a\n\n- b'), 'ul~(p(a), p(b))');
  assert.equal(blocks('- [ ] a\n- [x] b'), 'ul([ ]p(a), [x]p(b))');
  assert.equal(blocks('1. a\n   ```\n   x\n   ```\n2. b'), 'ol1(p(a) code:(x), p(b))');
  assert.equal(blocks('- a\ngoes on\n\nnew'), 'ul(p(a\ngoes on)) p(new)');
  assert.equal(blocks('text\n- a'), 'p(text) ul(p(a))');
  assert.equal(blocks('- '), 'ul()');
  assert.equal(blocks('1986\nA year'), 'p(1986\nA year)');
});

test('tables', () => {
  assert.equal(blocks('| a | b |\n|---|:-:|\n| 1 | 2 \\| 3 |\n| 4 |\n\nafter'), 'table(a/b, 1/2 | 3, 4/) p(after)');
  assert.equal(blocks('a | b\nno table'), 'p(a | b\nno table)');
});

test('emphasis, code and breaks', () => {
  assert.equal(inline('a *b* **c** ***d*** ~~e~~ _f_'), 'a em(b) strong(c) em(strong(d)) del(e) em(f)');
  assert.equal(inline('snake_case_name 2 * 3 * 4'), 'snake_case_name 2 * 3 * 4');
  assert.equal(inline('**open'), '**open');
  assert.equal(inline('**a *b* c**'), 'strong(a em(b) c)');
  assert.equal(inline('`a *b*` ``c ` d``'), 'code(a *b*) code(c ` d)');
  assert.equal(inline('`open *a*'), '`open em(a)');
  assert.equal(inline('a  \nb\\\nc\nd'), 'a|b|c\nd');
  assert.equal(inline('\\*a\\* &lt;b&gt; &amp; &unknown;'), '*a* <b> & &unknown;');
});

test('links lead to the web or nowhere', () => {
  assert.equal(inline('[a *b*](https://example.org/x "title")'), 'link(https://example.org/x a em(b))');
  assert.equal(
    inline('see https://example.org/a_b_c.'),
    'see link(https://example.org/a_b_c https://example.org/a_b_c).',
  );
  assert.equal(inline('(https://example.org/a)'), '(link(https://example.org/a https://example.org/a))');
  assert.equal(inline('<https://example.org>'), 'link(https://example.org/ https://example.org)');
  assert.equal(inline('![cat](https://example.org/cat.png)'), 'link(https://example.org/cat.png cat)');
  assert.equal(inline('[x](javascript:alert(1))'), '[x](javascript:alert(1))');
  assert.equal(inline('[x](data:text/html,hi) [y](/relative)'), '[x](data:text/html,hi) [y](/relative)');
  assert.equal(inline('[not a link] a](b'), '[not a link] a](b');
  for (const text of [
    'javascript:alert(1)',
    ' JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    'vbscript:x',
    'file:///etc/passwd',
    '//x.org',
  ]) {
    assert.equal(safeHref(text), null, text);
  }
});

test('HTML is text', () => {
  assert.equal(blocks('<script>alert(1)</script>'), 'p(<script>alert(1)</script>)');
  assert.equal(inline('<img src=x onerror=alert(1)>'), '<img src=x onerror=alert(1)>');
});

test('hostile text takes no time', () => {
  const began = process.cpuUsage(); // not the clock: others use the machine too
  for (const part of [
    '*',
    '_a ',
    '[',
    '![',
    '](',
    '`',
    '> ',
    '- ',
    '**a',
    '|',
    '<http://',
    '\\',
    '[a](',
    '```\n',
    '1. ',
    '  - a\n',
    '*a_',
  ]) {
    const text = part.repeat(20_000 / part.length);
    parseBlocks(text);
    parseInline(text);
  }
  let ticks = '';
  for (let length = 1; length < 300; ++length) ticks += '`'.repeat(length) + ' ';
  parseInline(ticks);
  const { user } = process.cpuUsage(began);
  assert.ok(user < 5e6, `${user / 1e6} s`);
});

test('highlighting keeps every character', () => {
  for (const [language, code] of [
    ['python', 'def f(x):  # add\n  return "a" + 1.5'],
    ['cpp', '/* a\n b */ int main() { return 0x1F; }'],
    ['js', 'const a = `b ${c}`; // d'],
    ['', 'int a'],
    ['sql', "SELECT 'x' -- y"],
    ['json', '{"a": "unclosed'],
  ]) {
    assert.equal(
      highlight(code!, language!)
        .map((span) => span.text)
        .join(''),
      code,
    );
  }
  assert.deepEqual(
    highlight('return 1', 'js').map((span) => span.kind),
    ['word', '', 'number'],
  );
  assert.equal(highlight('x # y', 'python').at(-1)!.kind, 'comment');
});
