// Markdown within a line: emphasis, code, links, breaks. Only links of the web and of mail are links; images are links to
// them, since the page asks no other server for anything.

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'break' }
  | { kind: 'em' | 'strong' | 'del'; children: Inline[] }
  | { kind: 'link'; href: string; children: Inline[] };

const kFarthest = 200; // openers that a closer looks back over: keeps hostile text linear
const kLongestLink = 2000;

// The address, if it is one that a click may lead to.
export function safeHref(text: string): string | null {
  try {
    const url = new URL(text);
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

interface Piece {
  node: Inline | null;
  mark: string; // '*', '_' or '~' of a run that may be emphasis, '[' or '!' of a link's beginning
  count: number;
  opens: boolean;
  closes: boolean;
}

const kEntities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', '#39': "'" };
const isSpace = (c: string): boolean => c === '' || /\s/.test(c);
const isMark = (c: string): boolean => /[\p{P}\p{S}]/u.test(c);

class Reader {
  private at = 0;
  private plain = '';
  private pieces: Piece[] = [];
  private unclosed = new Set<number>(); // lengths of backtick runs that nothing closes from here on
  constructor(private readonly text: string) {}

  read(): Inline[] {
    while (this.at < this.text.length) this.step();
    this.flush();
    return this.emphasize(0);
  }

  private step(): void {
    const c = this.text[this.at]!;
    const rest = (length: number): string => this.text.slice(this.at, this.at + length);
    if (c === '\\') {
      const next = this.text[this.at + 1] ?? '';
      if (next === '\n') return this.push({ kind: 'break' }, 2);
      if (/[!-/:-@[-`{-~]/.test(next)) return this.say(next, 2);
      return this.say(c, 1);
    }
    if (c === '`') return this.code();
    if (c === '\n') {
      const hard = /  +$/.test(this.plain);
      this.plain = this.plain.replace(/ +$/, '');
      return hard ? this.push({ kind: 'break' }, 1) : this.say('\n', 1);
    }
    if (c === '*' || c === '_' || c === '~') return this.run(c);
    if (c === '!' && this.text[this.at + 1] === '[') return this.mark('!', 2);
    if (c === '[') return this.mark('[', 1);
    if (c === ']') return this.link();
    if (c === '<') {
      const found = /^<((?:https?:\/\/|mailto:)[^\s<>]{1,2000})>/.exec(rest(kLongestLink));
      const href = found && safeHref(found[1]!);
      if (href)
        return this.push({ kind: 'link', href, children: [{ kind: 'text', text: found[1]! }] }, found[0].length);
    }
    if (c === 'h' && !/[\p{L}\p{N}]$/u.test(this.plain)) {
      const found = /^https?:\/\/[^\s<>"'`*|\\]{1,2000}/.exec(rest(kLongestLink));
      if (found) return this.bare(found[0]);
    }
    if (c === '&') {
      const found = /^&(#39|[a-z]{2,4});/.exec(rest(8));
      const meant = found && kEntities[found[1]!];
      if (meant) return this.say(meant, found[0].length);
    }
    this.say(c, 1);
  }

  private say(text: string, length: number): void {
    this.plain += text;
    this.at += length;
  }

  private flush(): void {
    if (this.plain !== '')
      this.pieces.push({ node: { kind: 'text', text: this.plain }, mark: '', count: 0, opens: false, closes: false });
    this.plain = '';
  }

  private push(node: Inline, length: number): void {
    this.flush();
    this.pieces.push({ node, mark: '', count: 0, opens: false, closes: false });
    this.at += length;
  }

  private mark(mark: string, length: number): void {
    this.flush();
    this.pieces.push({ node: null, mark, count: length, opens: true, closes: false });
    this.at += length;
  }

  private code(): void {
    const run = /^`+/.exec(this.text.slice(this.at))![0];
    if (!this.unclosed.has(run.length)) {
      const ends = /`+/g;
      ends.lastIndex = this.at + run.length;
      for (let found = ends.exec(this.text); found; found = ends.exec(this.text)) {
        if (found[0].length !== run.length) continue;
        let inner = this.text.slice(this.at + run.length, found.index).replace(/\n/g, ' ');
        if (/^ .* $/.test(inner) && inner.trim() !== '') inner = inner.slice(1, -1);
        return this.push({ kind: 'code', text: inner }, found.index + run.length - this.at);
      }
      this.unclosed.add(run.length);
    }
    this.say(run, run.length);
  }

  private run(c: string): void {
    let count = 1;
    while (this.text[this.at + count] === c) ++count;
    const before = this.text[this.at - 1] ?? '',
      after = this.text[this.at + count] ?? '';
    const left = !isSpace(after) && (!isMark(after) || isSpace(before) || isMark(before));
    const right = !isSpace(before) && (!isMark(before) || isSpace(after) || isMark(after));
    if (c === '~' && count !== 2) return this.say(c.repeat(count), count);
    this.flush();
    this.pieces.push({
      node: null,
      mark: c,
      count,
      opens: c === '_' ? left && (!right || isMark(before)) : left,
      closes: c === '_' ? right && (!left || isMark(after)) : right,
    });
    this.at += count;
  }

  private bare(found: string): void {
    let text = found.replace(/[.,:;!?]+$/, '');
    // A bracket that was opened outside belongs to the sentence.
    while (text.endsWith(')') && text.split(')').length > text.split('(').length) text = text.slice(0, -1);
    if (text.endsWith(']')) text = text.replace(/\]+$/, '');
    const href = safeHref(text);
    if (href) this.push({ kind: 'link', href, children: [{ kind: 'text', text }] }, text.length);
    else this.say(text, text.length);
  }

  // At a ']': the link that it ends, if there is one.
  private link(): void {
    this.flush();
    let from = this.pieces.length - 1;
    for (let looked = 0; from >= 0 && looked < kFarthest; --from, ++looked) {
      if (this.pieces[from]!.mark === '[' || this.pieces[from]!.mark === '!') break;
    }
    const open = this.pieces[from];
    if (!open || (open.mark !== '[' && open.mark !== '!')) return this.say(']', 1);
    const found =
      /^\]\([ \n]*(?:<([^<>\n]*)>|((?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.)*\))*))(?:[ \n]+(?:"[^"]*"|'[^']*'))?[ \n]*\)/.exec(
        this.text.slice(this.at, this.at + kLongestLink),
      );
    const href = found && safeHref((found[1] ?? found[2] ?? '').replace(/\\(.)/g, '$1'));
    if (!found || !href) {
      this.pieces[from] = { ...open, node: { kind: 'text', text: open.mark === '!' ? '![' : '[' }, mark: '' };
      return this.say(']', 1);
    }
    let children = this.emphasize(from + 1);
    if (open.mark === '!' && children.length === 0) children = [{ kind: 'text', text: href }];
    this.pieces.length = from;
    // A link holds no other.
    const flat = (nodes: Inline[]): Inline[] =>
      nodes.flatMap((node) =>
        node.kind === 'link'
          ? flat(node.children)
          : 'children' in node
            ? [{ ...node, children: flat(node.children) }]
            : [node],
      );
    this.push({ kind: 'link', href, children: flat(children) }, found[0].length);
  }

  // The nodes of the pieces from here on, with what stands between marks that belong together put under them.
  private emphasize(from: number): Inline[] {
    const pieces = this.pieces.slice(from);
    for (let closer = 0; closer < pieces.length; ++closer) {
      let piece = pieces[closer]!;
      while (piece.closes && piece.count > 0) {
        let opener = closer - 1;
        for (let looked = 0; opener >= 0 && looked < kFarthest; --opener, ++looked) {
          const other = pieces[opener]!;
          const odd =
            (piece.opens || other.closes) &&
            (piece.count + other.count) % 3 === 0 &&
            (piece.count % 3 !== 0 || other.count % 3 !== 0);
          if (other.opens && other.count > 0 && other.mark === piece.mark && !odd) break;
        }
        const open = pieces[opener];
        if (!open || !open.opens || open.mark !== piece.mark || open.count === 0) break;
        const size = piece.mark === '~' ? 2 : Math.min(open.count, piece.count, 2);
        const children = nodesOf(pieces.slice(opener + 1, closer));
        const node: Inline = { kind: piece.mark === '~' ? 'del' : size === 2 ? 'strong' : 'em', children };
        open.count -= size;
        piece.count -= size;
        pieces.splice(opener + 1, closer - opener - 1, { node, mark: '', count: 0, opens: false, closes: false });
        closer = opener + 2;
        piece = pieces[closer]!;
      }
    }
    return nodesOf(pieces);
  }
}

// What is left of marks is text; neighbouring texts become one.
function nodesOf(pieces: Piece[]): Inline[] {
  const nodes: Inline[] = [];
  for (const piece of pieces) {
    const text = piece.mark === '!' ? '![' : piece.mark === '[' ? '[' : piece.mark.repeat(piece.count);
    const node: Inline = piece.node ?? { kind: 'text', text };
    const last = nodes.at(-1);
    if (node.kind === 'text' && last?.kind === 'text')
      nodes[nodes.length - 1] = { kind: 'text', text: last.text + node.text };
    else if (node.kind !== 'text' || node.text !== '') nodes.push(node);
  }
  return nodes;
}

export const parseInline = (text: string): Inline[] => new Reader(text).read();
