// A conversation as a tree of messages: whoever edits a message or asks for another answer begins a branch, and nothing
// is lost. Trees are values: every change gives a new one.

export interface Facts {
  model: string;
  reply?: string; // its id on the server
  prompt?: number; // tokens
  cached?: number; // of these, that were there from before
  written?: number;
  pieces: number; // that came over the stream
  first?: number; // milliseconds until the first piece
  took?: number; // milliseconds in all
  finish?: string;
  rating?: 'up' | 'down';
  edited?: boolean; // a person's words in place of the model's
}

export interface Message {
  id: string;
  parent: string; // '' for a first message
  role: 'user' | 'assistant';
  text: string;
  made: number; // milliseconds since 1970
  state: 'done' | 'writing' | 'stopped' | 'failed';
  problem?: string;
  facts?: Facts;
}

export interface Tree {
  messages: Record<string, Message>;
  children: Record<string, string[]>; // in the order in which they came
  chosen: Record<string, string>; // which child is shown
}

export const emptyTree = (): Tree => ({ messages: {}, children: {}, chosen: {} });

// The messages that are shown, from the first on.
export function path(tree: Tree): Message[] {
  const shown: Message[] = [];
  for (let id = tree.chosen['']; id !== undefined; id = tree.chosen[id]) {
    const message = tree.messages[id];
    if (!message) break;
    shown.push(message);
  }
  return shown;
}

// The messages up to this one, from the first on.
export function ancestry(tree: Tree, id: string): Message[] {
  const all: Message[] = [];
  for (let at: Message | undefined = tree.messages[id]; at; at = tree.messages[at.parent]) all.push(at);
  return all.reverse();
}

// Adds a message below its parent and shows it.
export function add(tree: Tree, message: Message): Tree {
  const siblings = tree.children[message.parent] ?? [];
  return {
    messages: { ...tree.messages, [message.id]: message },
    children: { ...tree.children, [message.parent]: [...siblings, message.id] },
    chosen: { ...tree.chosen, [message.parent]: message.id },
  };
}

export function change(tree: Tree, id: string, fields: Partial<Message>): Tree {
  const message = tree.messages[id];
  if (!message) return tree;
  return { ...tree, messages: { ...tree.messages, [id]: { ...message, ...fields } } };
}

export const siblings = (tree: Tree, id: string): string[] => tree.children[tree.messages[id]?.parent ?? ''] ?? [];

// Shows the sibling that is so many places further; stays at the ends.
export function turn(tree: Tree, id: string, by: number): Tree {
  const all = siblings(tree, id);
  const to = all[all.indexOf(id) + by];
  if (to === undefined || !tree.messages[id]) return tree;
  return { ...tree, chosen: { ...tree.chosen, [tree.messages[id]!.parent]: to } };
}

// What was being written when the page was closed was stopped by that.
export function settled(tree: Tree): Tree {
  let now = tree;
  for (const message of Object.values(tree.messages)) {
    if (message.state === 'writing') now = change(now, message.id, { state: 'stopped' });
  }
  return now;
}
