import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layOut, type Layout } from './layout';

const node = (id: string, ...inputs: string[]) => ({ id, inputs: inputs.map((input) => ({ role: 'r', id: input })) });
const names = (layout: Layout): string[][] =>
  layout.layers.map((layer) => layer.filter((spot) => !spot.passes).map((spot) => spot.id));

test('everything stands behind what it was made from', () => {
  const nodes = [
    node('model', 'tokens', 'vocabulary'),
    node('tokens', 'corpus', 'vocabulary'),
    node('vocabulary', 'corpus'),
    node('corpus'),
    node('report', 'model'),
  ];
  const layout = layOut(nodes);
  assert.equal(layout.edges.length, 6);
  assert.deepEqual(names(layout), [['corpus'], ['vocabulary'], ['tokens'], ['model'], ['report']]);
});

test('long lines pass through places of their own, which lines from one node share', () => {
  const layout = layOut([node('a'), node('b', 'a'), node('c', 'b', 'a'), node('d', 'c', 'a')]);
  assert.deepEqual(
    layout.layers.map((layer) => layer.length),
    [1, 2, 2, 1],
  );
  const along = layout.edges.find((edge) => edge.from === 'a' && edge.to === 'd')!.along;
  assert.equal(along.length, 4);
  const spots = layout.layers.map((layer) => layer.map((spot) => spot.key));
  along.forEach((key, layer) => assert.ok(spots[layer]!.includes(key)));
});

test('lines do not cross where they need not', () => {
  const layers = names(layOut([node('a'), node('b'), node('x', 'b'), node('y', 'a')]));
  assert.deepEqual(
    layers[1]!.map((id) => (id === 'x' ? 'b' : 'a')),
    layers[0],
  );
});

test('unknown inputs and rings do no harm', () => {
  assert.deepEqual(
    names(layOut([node('a', 'b', 'gone'), node('b', 'a'), node('c', 'c')]))
      .flat()
      .sort(),
    ['a', 'b', 'c'],
  );
  assert.deepEqual(layOut([]).layers, []);
});
