// Bundles the page into dist/, writes it down as C++ (page_files.cc), and bundles the tests into test/.
import { build } from 'esbuild';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const files = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)],
  );

for (const folder of ['dist', 'test']) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
}
await build({
  entryPoints: { app: 'src/main.tsx', theme: 'src/theme_early.ts' },
  outdir: 'dist',
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  charset: 'utf8',
  legalComments: 'inline',
  logLevel: 'warning',
});
for (const name of ['index.html', 'favicon.svg']) copyFileSync(name, join('dist', name));

const unitTests = files('src').filter((path) => path.endsWith('.test.ts'));
await build({
  entryPoints: unitTests,
  outdir: 'test/unit',
  outbase: 'src',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: ['node18'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  outExtension: { '.js': '.mjs' },
  logLevel: 'warning',
});
await build({
  entryPoints: ['browser/page_test.ts'],
  outdir: 'test',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: ['node18'],
  packages: 'external',
  outExtension: { '.js': '.mjs' },
  logLevel: 'warning',
});

// A string's escapes of three octal digits end by themselves, whatever follows.
const literal = (bytes) => {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 400) {
    let line = '';
    for (const byte of bytes.subarray(at, at + 400)) {
      const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c && byte !== 0x3f; // no ", \ or trigraph
      line += plain ? String.fromCharCode(byte) : '\\' + byte.toString(8).padStart(3, '0');
    }
    lines.push(`    "${line}"`);
  }
  return lines.length ? lines.join('\n') : '    ""';
};
const parts = files('dist')
  .sort()
  .map((path) => {
    const bytes = readFileSync(path);
    return `  {"/${path.slice('dist/'.length)}", std::string_view(\n${literal(bytes)},\n    ${bytes.length})},\n`;
  });
writeFileSync(
  'page_files.cc',
  `// Made by web/build.mjs: do not edit.
#include "serve/page.h"

namespace persea {
namespace {

constexpr http::StaticFile kFiles[] = {
${parts.join('')}};

}  // namespace

std::span<const http::StaticFile> page_files() { return kFiles; }

}  // namespace persea
`,
);
