// Single keys that work wherever nobody types, and Esc.
import { chats, current, newChat, openNext } from '../chat/chats';
import { path } from '../chat/tree';
import { isWriting, regenerate, stop } from '../chat/writing';
import { go, route } from '../state/route';
import { nextTheme, setTheme, theme } from '../state/theme';
import { menuOpen, panel, settingsOpen } from './panels';

const toChat = (): void => {
  if (route.get()[0] === 'lab') go();
};
export const focusMessage = (): void => {
  toChat();
  setTimeout(() => document.querySelector<HTMLTextAreaElement>('#message')?.focus(), 30);
};

export const shortcuts: { key: string; does: string; run: () => void }[] = [
  { key: '/', does: 'Write a message', run: focusMessage },
  {
    key: 'n',
    does: 'New chat',
    run: () => {
      newChat();
      focusMessage();
    },
  },
  {
    key: 'j',
    does: 'The chat below in the list',
    run: () => {
      toChat();
      openNext(1);
    },
  },
  {
    key: 'k',
    does: 'The chat above in the list',
    run: () => {
      toChat();
      openNext(-1);
    },
  },
  {
    key: 'r',
    does: 'Regenerate the last answer',
    run: () => {
      const chat = current();
      if (!chat || isWriting(chat.id)) return;
      for (const lane of chat.lanes) {
        const last = path(lane.tree).at(-1);
        if (last?.role === 'assistant') regenerate(chat.id, lane.id, last.id);
      }
    },
  },
  {
    key: 's',
    does: 'Settings of the chat',
    run: () => {
      toChat();
      settingsOpen.update((open) => !open);
    },
  },
  { key: 'l', does: 'The lab', run: () => go('lab') },
  { key: 'c', does: 'The chats', run: () => go() },
  { key: 't', does: 'Light, dark, or as the system has it', run: () => setTheme(nextTheme(theme.get())) },
  { key: '?', does: 'These keys', run: () => panel.set('help') },
];

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));

export function listenForKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing || panel.get() !== '' || document.querySelector('dialog[open]'))
      return;
    if (event.key === 'Escape') {
      const open = chats.get().open;
      if (isWriting(open)) stop(open);
      else if (menuOpen.get()) menuOpen.set(false);
      else if (settingsOpen.get()) settingsOpen.set(false);
      else if (typing(event.target)) (event.target as HTMLElement).blur();
      return;
    }
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const found = shortcuts.find((one) => one.key === event.key);
    if (!found) return;
    event.preventDefault();
    found.run();
  });
}
