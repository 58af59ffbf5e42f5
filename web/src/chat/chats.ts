// The conversations of this browser, and which one is open. Every change is saved a moment later.
import { served } from '../api/server';
import { keep, kept } from '../state/kept';
import { Store } from '../state/store';
import { exported, isEmpty, newConversation, titleOf, type Conversation } from './conversation';
import { usualSampling, type Sampling } from './sampling';
import { loadAll, remove, save } from './storage';

export interface Chats {
  all: Conversation[]; // the newest first
  open: string; // an id
  loaded: boolean;
}

export const chats = new Store<Chats>({ all: [], open: '', loaded: false });

const lastSampling = (): Sampling => ({
  ...usualSampling(),
  ...kept<Partial<Sampling>>('sampling', {}),
  system: '',
  seed: null,
});

// Models to begin with: those of last time that are still served, else the first.
export function usualModels(): string[] {
  const names = served
    .get()
    .models.filter((model) => model.persea.chat)
    .map((model) => model.id);
  const before = kept<string[]>('models', []).filter((name) => names.includes(name));
  return before.length > 0 ? before : [names[0] ?? ''];
}

export const current = (state: Chats = chats.get()): Conversation | undefined =>
  state.all.find((one) => one.id === state.open);

const waiting = new Map<string, ReturnType<typeof setTimeout>>();

function saveNow(id: string): void {
  clearTimeout(waiting.get(id));
  waiting.delete(id);
  const one = chats.get().all.find((conversation) => conversation.id === id);
  if (one && !isEmpty(one)) void save(one);
}

function saveSoon(id: string): void {
  if (!waiting.has(id))
    waiting.set(
      id,
      setTimeout(() => saveNow(id), 300),
    );
}

window.addEventListener('pagehide', () => [...waiting.keys()].forEach(saveNow));

export function changeChat(id: string, change: (conversation: Conversation) => Conversation): void {
  chats.update((state) => ({ ...state, all: state.all.map((one) => (one.id === id ? change(one) : one)) }));
  saveSoon(id);
}

export function newChat(): void {
  const unused = chats.get().all.find(isEmpty);
  const fresh = unused ?? newConversation(usualModels(), lastSampling());
  chats.update((state) => ({ ...state, open: fresh.id, all: [fresh, ...state.all.filter((one) => one !== unused)] }));
}

export const openChat = (id: string): void => chats.update((state) => ({ ...state, open: id }));

// The one below (or above) in the list.
export function openNext(by: number): void {
  const { all, open } = chats.get();
  const to = all[all.findIndex((one) => one.id === open) + by];
  if (to) openChat(to.id);
}

export const renameChat = (id: string, title: string): void =>
  changeChat(id, (one) => ({ ...one, title: title.trim() }));

export function deleteChat(id: string): void {
  void remove(id);
  const { all, open } = chats.get();
  const at = all.findIndex((one) => one.id === id);
  const rest = all.filter((one) => one.id !== id);
  chats.set({ all: rest, open: open === id ? (rest[Math.min(at, rest.length - 1)]?.id ?? '') : open, loaded: true });
  if (rest.length === 0) newChat();
}

export function setSampling(id: string, sampling: Sampling): void {
  keep('sampling', sampling);
  changeChat(id, (one) => ({ ...one, sampling }));
}

// A chat that was begun before it was known what is served here.
function nameModels(): void {
  const chat = current();
  if (chat && isEmpty(chat) && chat.lanes.every((lane) => lane.model === '') && usualModels()[0] !== '') {
    changeChat(chat.id, (one) => ({ ...one, lanes: newConversation(usualModels()).lanes }));
  }
}

export async function loadChats(): Promise<void> {
  const all = await loadAll();
  chats.set({ all, open: '', loaded: true });
  newChat();
  nameModels();
  served.subscribe(nameModels);
}

// Gives the browser a file to save.
export function download(conversations: Conversation[]): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([exported(conversations)], { type: 'application/json' }));
  const name =
    conversations.length === 1
      ? titleOf(conversations[0]!)
          .replace(/[^\p{L}\p{N}]+/gu, '-')
          .slice(0, 40)
      : 'all';
  link.download = `persea-${name.replace(/^-|-$/g, '') || 'chat'}.json`;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
