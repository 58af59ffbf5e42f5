import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columns, extend, latest, noCurves } from './curves';

test('rows become columns', () => {
  const curves = extend(noCurves(), [
    { step: 1, loss: 3, seconds: 30 },
    { step: 2, loss: 2, valid_loss: 2.5, seconds: 60 },
    { step: 3, loss: null, seconds: 90 },
  ]);
  assert.deepEqual(columns(curves, 'step', ['loss', 'valid_loss']), [
    [1, 2, 3],
    [3, 2, null],
    [null, 2.5, null],
  ]);
  assert.deepEqual(columns(curves, 'minutes', [])[0], [0.5, 1, 1.5]);
  assert.deepEqual(columns(curves, 'tokens', ['loss']), [[], []]);
  assert.equal(latest(curves, 'loss'), 2);
  assert.equal(latest(curves, 'lr'), null);
});

test('what a rollback took back is gone', () => {
  let curves = extend(noCurves(), [
    { step: 1, loss: 1 },
    { step: 2, loss: 2 },
    { step: 3, loss: 9 },
  ]);
  curves = extend(curves, [
    { event: 'rollback', from: 3, step: 1 },
    { step: 2, loss: 1.9 },
  ]);
  assert.deepEqual(columns(curves, 'step', ['loss']), [
    [1, 2],
    [1, 1.9],
  ]);
  assert.equal(curves.events.length, 1);
  curves = extend(curves, [{ event: 'skip', batch: 7, step: 2, loss: null }, { loss: 4 }, { step: 2, valid_loss: 5 }]);
  assert.match(curves.events[1]!.text, /batch 7.*no number/);
  assert.deepEqual(curves.rows.at(-1), { step: 2, loss: 1.9, valid_loss: 5 });
});
