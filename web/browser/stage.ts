// What the test of the page plays on: a lab with a small model, a server of it, a run under way, and Chromium.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

// Large enough to write for some seconds, and hardly trained: what it says is nonsense.
const recipe = (steps: number, dim: number): string => `
[corpus]
source = "smallworld"
documents = 2000
[tokenizer]
vocab = 512
[model]
dim = ${dim}
layers = 4
heads = 4
context = 8192
[pretrain]
steps = ${steps}
batch_tokens = 1024
sequence = 128
[report]
questions = 4
sample_tokens = 8
`;

export const chromiumPath = (): string | undefined =>
  [process.env['PERSEA_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
    (path) => path && existsSync(path),
  );

export class Stage {
  private readonly folder = mkdtempSync(join(tmpdir(), 'persea-page-'));
  private readonly lab = join(this.folder, 'lab');
  private children: { child: ChildProcess; end: NodeJS.Signals }[] = [];
  private browser: Browser | undefined;
  readonly trouble: string[] = []; // what no page may do
  url = '';

  constructor(private readonly persea: string) {}

  private command(...args: string[]): string {
    return execFileSync(this.persea, [...args, '--lab', this.lab], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  train(): void {
    const path = join(this.folder, 'small.toml');
    writeFileSync(path, recipe(6, 192));
    this.command('run', path, '--threads', '2', '--quiet');
  }

  async serve(): Promise<void> {
    const child = spawn(
      this.persea,
      [
        'serve',
        'first=model',
        'second=model',
        '--lab',
        this.lab,
        '--port',
        '0',
        '--json',
        '--feedback',
        '--threads',
        '2',
        '--grace',
        '1',
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    this.children.push({ child, end: 'SIGTERM' });
    this.url = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stdout!.on('data', (piece: Buffer) => {
        text += piece.toString();
        const line = text.split('\n')[0]!;
        if (text.includes('\n') && this.url === '') resolve((JSON.parse(line) as { url: string }).url);
      });
      child.on('exit', () => reject(new Error('persea serve has ended')));
    });
  }

  // A run that goes on until the end of the test.
  trainInBackground(): void {
    const path = join(this.folder, 'long.toml');
    writeFileSync(path, recipe(100000, 64));
    // Killed at the end: nobody wants its checkpoint.
    this.children.push({
      child: spawn(this.persea, ['run', path, '--lab', this.lab, '--threads', '1', '--quiet'], { stdio: 'ignore' }),
      end: 'SIGKILL',
    });
  }

  // Curates texts that every rule of the recipe finds something in; the corpus's id.
  curate(): string {
    const texts = join(this.folder, 'texts');
    mkdirSync(texts, { recursive: true });
    const words = 'the people of that town have bread with rain and good ships for children'.split(' ');
    const essay = (seed: number): string => {
      let state = seed + 1;
      const word = (): string => {
        state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
        return words[(state >> 8) % words.length]!;
      };
      const sentence = (): string => Array.from({ length: 11 }, word).join(' ');
      return `${Array.from({ length: 12 }, sentence).join('.\n')}. This is text ${seed}.`;
    };
    const lines = (list: string[]): string => list.map((text) => JSON.stringify({ text }) + '\n').join('');
    const essays = Array.from({ length: 40 }, (_, seed) => essay(seed));
    essays[4] += ' Write to jane.doe@example.org today.';
    essays.push('Too short. <img src=x onerror=alert(1)>', 'Too short. It is.', 'Hi.');
    writeFileSync(join(texts, 'essays.jsonl'), lines(essays) + 'no json\n');
    writeFileSync(join(texts, 'forum.jsonl'), lines([...[50, 51, 52, 53].map(essay), essays[7]!, essays[8]!, essays[7]!, essays[9]!.replace('text 9', 'text 4711')]));
    const path = join(this.folder, 'curate.toml');
    writeFileSync(
      path,
      `
[[source]]
name = "essays"
path = "texts/essays.jsonl"
licence = "CC0"
consent = true
[[source]]
name = "forum"
path = "texts/forum.jsonl"
[[rules]]
pack = "gopher-quality"
[pii]
[dedup]
altered = true
`,
    );
    return this.command('curate', path, '--quiet').trim().split('\n').at(-1)!;
  }

  addKey(...scopes: string[]): string {
    const named = scopes.flatMap((scope) => ['--scope', scope]);
    return (JSON.parse(this.command('key', 'add', 'test', ...named, '--json')) as { key: string }).key;
  }

  async page(options: BrowserContextOptions = {}): Promise<Page> {
    this.browser ??= await chromium.launch({
      executablePath: chromiumPath(),
      args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '--disable-dev-shm-usage', '--disable-gpu'],
    });
    const context = await this.browser.newContext({
      viewport: { width: 1280, height: 840 },
      acceptDownloads: true,
      ...options,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(this.url) && !url.startsWith('data:') && !url.startsWith('blob:'))
        this.trouble.push(`a request to ${url}`);
    });
    page.on('pageerror', (error) => this.trouble.push(`an error: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('status of 4'))
        this.trouble.push(`on the console: ${message.text()}`);
    });
    page.on('dialog', (dialog) => {
      this.trouble.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    return page;
  }

  async end(): Promise<void> {
    await this.browser?.close();
    await Promise.all(
      this.children.map(
        ({ child, end }) =>
          new Promise<void>((resolve) => {
            if (child.exitCode !== null) return resolve();
            const last = setTimeout(() => child.kill('SIGKILL'), 5000);
            child.on('exit', () => {
              clearTimeout(last);
              resolve();
            });
            child.kill(end);
          }),
      ),
    );
    rmSync(this.folder, { recursive: true, force: true });
  }
}
