// Markdown's blocks: paragraphs, headings, fenced code, quotes, lists, tables, rules. HTML is text like any other. Any text
// is a document, half a one too, since answers are drawn while they are written.

export type Align = 'left' | 'center' | 'right' | null;

export type Block =
  | { kind: 'paragraph'; text: string }
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'code'; language: string; text: string }
  | { kind: 'quote'; blocks: Block[] }
  | { kind: 'list'; ordered: boolean; start: number; loose: boolean; items: Item[] }
  | { kind: 'table'; align: Align[]; head: string[]; rows: string[][] }
  | { kind: 'rule' };

export interface Item {
  blocks: Block[];
  checked: boolean | null; // of a task
}

const kDeepest = 12; // quotes and lists within each other; beyond that their marks are text

const fenceOf = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})[ \t]*([^\s`]*)/;
const headingOf = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const ruleOf = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const quoteOf = /^ {0,3}> ?/;
const itemOf = /^( {0,3})([-+*]|\d{1,9}[.)])(?:( {1,4})(?=\S)|[ \t]*$|[ \t]+)/;
const delimiterOf = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

const isBlank = (line: string): boolean => line.trim() === '';
const indentOf = (line: string): number => line.length - line.trimStart().length;

// A line that ends a paragraph without an empty one between them.
const interrupts = (line: string, depth: number): boolean =>
  fenceOf.test(line) ||
  headingOf.test(line) ||
  ruleOf.test(line) ||
  (depth < kDeepest && (quoteOf.test(line) || /^ {0,3}(?:[-+*]|1[.)])[ \t]+\S/.test(line)));

export function cells(line: string): string[] {
  const all: string[] = [];
  let cell = '';
  const inner = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(^|[^\\])\|$/, '$1');
  for (let at = 0; at < inner.length; ++at) {
    if (inner[at] === '\\' && inner[at + 1] === '|') {
      cell += '|';
      ++at;
    } else if (inner[at] === '|') {
      all.push(cell.trim());
      cell = '';
    } else {
      cell += inner[at];
    }
  }
  return [...all, cell.trim()];
}

const alignOf = (cell: string): Align =>
  cell.startsWith(':') && cell.endsWith(':')
    ? 'center'
    : cell.endsWith(':')
      ? 'right'
      : cell.startsWith(':')
        ? 'left'
        : null;

class Reader {
  private at = 0;
  constructor(
    private readonly lines: string[],
    private readonly depth: number,
  ) {}

  read(): Block[] {
    const blocks: Block[] = [];
    while (this.at < this.lines.length) {
      if (isBlank(this.line())) {
        ++this.at;
        continue;
      }
      blocks.push(this.block());
    }
    return blocks;
  }

  private line(ahead = 0): string {
    return this.lines[this.at + ahead] ?? '';
  }

  private block(): Block {
    const line = this.line();
    const fence = fenceOf.exec(line);
    if (fence) return this.code(fence[1]!, fence[2]!, indentOf(line));
    const heading = headingOf.exec(line);
    if (heading) {
      ++this.at;
      return { kind: 'heading', level: heading[1]!.length, text: heading[2] ?? '' };
    }
    if (ruleOf.test(line)) {
      ++this.at;
      return { kind: 'rule' };
    }
    if (this.depth < kDeepest && quoteOf.test(line)) return this.quote();
    if (this.depth < kDeepest && itemOf.test(line)) return this.list();
    if (line.includes('|') && delimiterOf.test(this.line(1)) && cells(line).length === cells(this.line(1)).length)
      return this.table();
    if (/^(?: {4}|\t)/.test(line)) return this.indented();
    return this.paragraph();
  }

  private code(fence: string, language: string, indent: number): Block {
    const text: string[] = [];
    const end = new RegExp(`^ {0,3}${fence[0] === '~' ? '~' : '`'}{${fence.length},}[ \\t]*$`);
    for (++this.at; this.at < this.lines.length; ++this.at) {
      const line = this.line();
      if (end.test(line)) {
        ++this.at;
        break;
      }
      text.push(line.slice(Math.min(indent, indentOf(line))));
    }
    return { kind: 'code', language, text: text.join('\n') };
  }

  private indented(): Block {
    const text: string[] = [];
    for (; this.at < this.lines.length && (isBlank(this.line()) || /^(?: {4}|\t)/.test(this.line())); ++this.at) {
      text.push(this.line().replace(/^(?: {4}|\t)/, ''));
    }
    return { kind: 'code', language: '', text: text.join('\n').replace(/\s+$/, '') };
  }

  private quote(): Block {
    const inner: string[] = [];
    let paragraph = false; // whose next line may leave the mark out
    for (; this.at < this.lines.length; ++this.at) {
      const line = this.line();
      if (quoteOf.test(line)) inner.push(line.replace(quoteOf, ''));
      else if (paragraph && !isBlank(line) && !interrupts(line, this.depth)) inner.push(line);
      else break;
      paragraph = !isBlank(inner.at(-1)!);
    }
    return { kind: 'quote', blocks: new Reader(inner, this.depth + 1).read() };
  }

  private list(): Block {
    const first = itemOf.exec(this.line())!;
    const mark = first[2]!.at(-1)!; // '-', '.', ...: another one begins another list
    const items: Item[] = [];
    let loose = false;
    while (this.at < this.lines.length) {
      const found = itemOf.exec(this.line());
      if (!found || found[2]!.at(-1) !== mark || ruleOf.test(this.line())) break;
      const inner = this.itemLines(found);
      if (items.length > 0 && inner.after) loose = true;
      loose ||= inner.loose;
      const task = /^\[([ xX])\][ \t]+/.exec(inner.lines[0] ?? '');
      if (task) inner.lines[0] = inner.lines[0]!.slice(task[0].length);
      items.push({ blocks: new Reader(inner.lines, this.depth + 1).read(), checked: task ? task[1] !== ' ' : null });
    }
    return { kind: 'list', ordered: /\d/.test(first[2]!), start: parseInt(first[2]!, 10) || 0, loose, items };
  }

  // The lines of an item, freed of its indentation; `after`: an empty line stood before it.
  private itemLines(found: RegExpExecArray): { lines: string[]; loose: boolean; after: boolean } {
    const after = this.at > 0 && isBlank(this.lines[this.at - 1]!);
    const width = found[1]!.length + found[2]!.length + (found[3]?.length ?? 1);
    const lines = [this.line().slice(found[0].length > width ? width : found[0].length)];
    let loose = false;
    let blank = isBlank(lines[0]!);
    let fenced = fenceOf.test(lines[0]!);
    for (++this.at; this.at < this.lines.length; ++this.at) {
      const line = this.line();
      if (isBlank(line)) {
        // What follows an empty line belongs to the item where it is indented.
        let next = this.at + 1;
        while (next < this.lines.length && isBlank(this.lines[next]!)) ++next;
        if (next >= this.lines.length || indentOf(this.lines[next]!) < width) {
          this.at = next;
          break;
        }
        loose ||= !fenced;
        lines.push('');
        blank = true;
        continue;
      }
      if (indentOf(line) >= width) lines.push(line.slice(width));
      else if (blank || itemOf.test(line) || interrupts(line, this.depth)) break;
      else lines.push(line.trimStart()); // the paragraph goes on
      if (fenceOf.test(lines.at(-1)!)) fenced = !fenced;
      blank = false;
    }
    return { lines, loose, after };
  }

  private table(): Block {
    const head = cells(this.line());
    const align = cells(this.line(1)).map(alignOf);
    const rows: string[][] = [];
    for (this.at += 2; this.at < this.lines.length; ++this.at) {
      const line = this.line();
      if (isBlank(line) || !line.includes('|') || interrupts(line, this.depth)) break;
      const row = cells(line);
      rows.push(head.map((_, column) => row[column] ?? ''));
    }
    return { kind: 'table', align, head, rows };
  }

  private paragraph(): Block {
    const text: string[] = [];
    for (; this.at < this.lines.length; ++this.at) {
      const line = this.line();
      if (isBlank(line) || (text.length > 0 && interrupts(line, this.depth))) break;
      const underline = text.length > 0 ? /^ {0,3}(=+|-+)[ \t]*$/.exec(line) : null;
      if (underline) {
        ++this.at;
        return { kind: 'heading', level: underline[1]![0] === '=' ? 1 : 2, text: text.join('\n') };
      }
      text.push(line.trimStart());
    }
    return { kind: 'paragraph', text: text.join('\n').replace(/\s+$/, '') };
  }
}

export const parseBlocks = (text: string): Block[] => new Reader(text.replace(/\r\n?/g, '\n').split('\n'), 0).read();
