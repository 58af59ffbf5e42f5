// Colours for code: comments, texts, numbers and the words of common languages. It knows no grammar, only what most
// languages write alike; what it does not know stays plain.

export interface Span {
  kind: '' | 'comment' | 'string' | 'number' | 'word' | 'name';
  text: string;
}

const words = new Set(
  (
    'abstract as async await auto bool boolean break byte case catch char class const constexpr continue def default defer del delete do ' +
    'double elif else end enum except export extends extern false False final finally float fn for foreach from func function go goto if ' +
    'impl import in include int interface is lambda let local long loop match mod module mut namespace new nil None not null nullptr of or ' +
    'override package pass private protected pub public raise readonly ref return self short signed sizeof static struct super switch ' +
    'template then this throw throws trait true True try type typedef typename typeof union unsigned until use using var virtual void ' +
    'volatile when where while with yield select insert update create table and join group order by values set fi done esac echo'
  ).split(' '),
);

const hashComments =
  /^(?:py|python|rb|ruby|sh|bash|zsh|shell|console|yaml|yml|toml|ini|r|perl|make|makefile|cmake|dockerfile|nim|julia|elixir)$/;
const dashComments = /^(?:sql|lua|haskell|hs|elm|ada)$/;
const plainText = /^(?:|text|txt|plain|plaintext|markdown|md|log|output|diff)$/;
const kLongest = 60_000; // characters; beyond that colours are not worth their time

const patternFor = (language: string): RegExp => {
  const comment = hashComments.test(language)
    ? '#[^\\n]*'
    : dashComments.test(language)
      ? '--[^\\n]*'
      : /^(?:html|xml|svg)$/.test(language)
        ? '<!--[^]*?(?:-->|$)'
        : '\\/\\/[^\\n]*|\\/\\*[^]*?(?:\\*\\/|$)';
  const text =
    '"""[^]*?(?:"""|$)|"(?:[^"\\\\\\n]|\\\\.)*"?|\'(?:[^\'\\\\\\n]|\\\\.)*\'?' +
    (/^(?:js|javascript|ts|typescript|jsx|tsx|go|sh|bash)$/.test(language) ? '|`(?:[^`\\\\]|\\\\[^])*`?' : '');
  return new RegExp(
    `(${comment})|(${text})|(\\b(?:0[xX][\\da-fA-F_]+|\\d[\\d_]*(?:\\.\\d+)?(?:[eE][+-]?\\d+)?)\\b)|([A-Za-z_$][\\w$]*)`,
    'g',
  );
};

export function highlight(code: string, language: string): Span[] {
  const name = language.toLowerCase();
  if (plainText.test(name) || code.length > kLongest) return [{ kind: '', text: code }];
  const spans: Span[] = [];
  const add = (kind: Span['kind'], text: string): void => {
    const last = spans.at(-1);
    if (text === '') return;
    if (last?.kind === kind) last.text += text;
    else spans.push({ kind, text });
  };
  const sql = name === 'sql';
  let at = 0;
  for (const found of code.matchAll(patternFor(name))) {
    add('', code.slice(at, found.index));
    const [whole, comment, text, number, word] = found;
    at = found.index + whole.length;
    if (comment !== undefined) add('comment', whole);
    else if (text !== undefined) add('string', whole);
    else if (number !== undefined) add('number', whole);
    else if (words.has(sql ? word!.toLowerCase() : word!)) add('word', whole);
    else add(code[at] === '(' ? 'name' : '', whole);
  }
  add('', code.slice(at));
  return spans;
}
