import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Counts } from '../api/corpus';
import { funnelRows, lengthRows, marked, percent, share } from './funnel';

const counts: Counts = {
  files: 1,
  read: { documents: 10, bytes: 1000 },
  kept: { documents: 6, bytes: 480 },
  dropped: [
    { step: 'language', documents: 1, bytes: 300 },
    { step: 'exact', documents: 3, bytes: 200 },
  ],
  read_lengths: [0, 0, 4, 0, 6, 0],
  kept_lengths: [0, 0, 1, 0, 5, 0],
};

test('a funnel says what is left after each step', () => {
  const rows = funnelRows(counts, 'bytes');
  assert.deepEqual(
    rows.map((row) => [row.label, row.left, row.gone]),
    [
      ['read', 1, 0],
      ['language', 0.7, 0.3],
      ['exact', 0.5, 0.2],
      ['kept', 0.48, 0], // what was cut out is gone too
    ],
  );
  assert.deepEqual(
    funnelRows(counts, 'documents').map((row) => row.left),
    [1, 0.9, 0.6, 0.6],
  );
  const nothing = { ...counts, read: { documents: 0, bytes: 0 }, kept: { documents: 0, bytes: 0 }, dropped: [] };
  assert.deepEqual(
    funnelRows(nothing, 'bytes').map((row) => row.left),
    [0, 0],
  );
});

test('shares', () => {
  assert.equal(percent(0.1234), '12.3%');
  assert.equal(percent(0.0001), '<0.1%');
  assert.equal(percent(0), '0.0%');
  assert.equal(share(5, 0), 0);
  assert.equal(share(7, 5), 1);
});

test('lengths begin with the shortest and end with the longest', () => {
  assert.deepEqual(lengthRows(counts.read_lengths, counts.kept_lengths), [
    { from: 4, read: 4, kept: 1 },
    { from: 8, read: 0, kept: 0 },
    { from: 16, read: 6, kept: 5 },
  ]);
  assert.deepEqual(lengthRows([0, 0], [0, 0]), []);
});

test('a mark counts bytes', () => {
  assert.deepEqual(marked('größer als', [2, 6]), ['gr', 'öß', 'er als']);
  assert.deepEqual(marked('ab', [0, 0]), ['', '', 'ab']);
  assert.deepEqual(marked('ab', [1, 99]), ['a', 'b', '']);
  assert.deepEqual(marked('ab', [7, 3]), ['ab', '', '']);
});
