import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, ancestry, change, emptyTree, path, settled, siblings, turn, type Message } from './tree';

const message = (id: string, parent: string, role: 'user' | 'assistant' = 'user'): Message => ({
  id,
  parent,
  role,
  text: id,
  made: 0,
  state: 'done',
});
const ids = (messages: Message[]): string => messages.map((one) => one.id).join(' ');

test('an edit begins a branch, and both can be shown', () => {
  let tree = emptyTree();
  assert.equal(ids(path(tree)), '');
  tree = add(tree, message('q1', ''));
  tree = add(tree, message('a1', 'q1', 'assistant'));
  tree = add(tree, message('q2', 'a1'));
  assert.equal(ids(path(tree)), 'q1 a1 q2');
  const before = tree;
  tree = add(tree, message('q1b', ''));
  assert.equal(ids(path(tree)), 'q1b');
  assert.deepEqual(siblings(tree, 'q1b'), ['q1', 'q1b']);
  tree = turn(tree, 'q1b', -1);
  assert.equal(ids(path(tree)), 'q1 a1 q2');
  assert.equal(turn(tree, 'q1', -1), tree);
  assert.equal(ids(path(turn(tree, 'q1', 1))), 'q1b');
  assert.equal(ids(path(before)), 'q1 a1 q2');
  assert.equal(Object.keys(before.messages).length, 3);
});

test('another answer stands beside the first', () => {
  let tree = add(add(emptyTree(), message('q', '')), message('a', 'q', 'assistant'));
  tree = add(tree, message('b', 'q', 'assistant'));
  assert.equal(ids(path(tree)), 'q b');
  assert.deepEqual(siblings(tree, 'a'), ['a', 'b']);
  assert.equal(ids(ancestry(tree, 'a')), 'q a');
  assert.equal(ids(ancestry(tree, 'nobody')), '');
});

test('changes leave the old tree alone, and unknown messages too', () => {
  const tree = add(emptyTree(), { ...message('a', ''), state: 'writing' });
  const now = change(tree, 'a', { text: 'new' });
  assert.equal(tree.messages['a']!.text, 'a');
  assert.equal(now.messages['a']!.text, 'new');
  assert.equal(change(tree, 'nobody', { text: 'x' }), tree);
  assert.equal(settled(now).messages['a']!.state, 'stopped');
  assert.equal(now.messages['a']!.state, 'writing');
});
