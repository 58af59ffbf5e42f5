// The chats of this browser, the way to the lab, and what concerns the whole page.
import { useEffect, useRef, useState } from 'preact/hooks';
import { chats, deleteChat, download, newChat, openChat, renameChat } from '../chat/chats';
import { isEmpty, titleOf, type Conversation } from '../chat/conversation';
import { stop } from '../chat/writing';
import { key } from '../api/key';
import { served } from '../api/server';
import { address, go, route } from '../state/route';
import { useStore } from '../state/store';
import { nextTheme, setTheme, theme } from '../state/theme';
import { Icon, Mark } from './icons';
import { menuOpen, panel } from './panels';
import { focusMessage } from './shortcuts';

function Entry({ chat, open }: { chat: Conversation; open: boolean }) {
  const [naming, setNaming] = useState(false);
  const [sure, setSure] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.select(), [naming]);
  const title = titleOf(chat);
  if (naming) {
    // Once: a field that is taken away loses the focus, which ends the naming too.
    let ended = false;
    const done = (name: string | null): void => {
      if (ended) return;
      ended = true;
      if (name !== null) renameChat(chat.id, name);
      setNaming(false);
    };
    return (
      <li class="chat-entry">
        <input
          ref={input}
          class="rename"
          defaultValue={title}
          aria-label="Name of the chat"
          maxLength={120}
          autoFocus
          onBlur={(event) => done(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') done(event.currentTarget.value);
            if (event.key === 'Escape') {
              event.stopPropagation();
              done(null);
            }
          }}
        />
      </li>
    );
  }
  return (
    <li class={`chat-entry${open ? ' open' : ''}`}>
      <button
        type="button"
        class="chat-title"
        aria-current={open ? 'true' : undefined}
        title={title}
        onClick={() => {
          openChat(chat.id);
          go();
          menuOpen.set(false);
        }}
      >
        {title}
      </button>
      <span class="chat-tools">
        {sure ? (
          <>
            <button
              type="button"
              class="danger small"
              autoFocus
              onBlur={() => setSure(false)}
              onClick={() => {
                stop(chat.id);
                deleteChat(chat.id);
              }}
            >
              Delete
            </button>
          </>
        ) : (
          !isEmpty(chat) && (
            <>
              <button
                type="button"
                class="quiet"
                aria-label={`Rename ${title}`}
                title="Rename"
                onClick={() => setNaming(true)}
              >
                <Icon name="edit" />
              </button>
              <button
                type="button"
                class="quiet"
                aria-label={`Export ${title}`}
                title="Export as JSON"
                onClick={() => download([chat])}
              >
                <Icon name="save" />
              </button>
              <button
                type="button"
                class="quiet"
                aria-label={`Delete ${title}`}
                title="Delete"
                onClick={() => setSure(true)}
              >
                <Icon name="trash" />
              </button>
            </>
          )
        )}
      </span>
    </li>
  );
}

export function Sidebar() {
  const state = useStore(chats);
  const where = useStore(route);
  const wanted = useStore(theme);
  const open = useStore(menuOpen);
  const { about } = useStore(served);
  const hasKey = useStore(key) !== '';
  const lab = where[0] === 'lab';
  const themeName = wanted === 'auto' ? 'as the system' : wanted;
  return (
    <>
      {open && <div class="veil" onClick={() => menuOpen.set(false)} />}
      <aside class={`sidebar${open ? ' open' : ''}`} aria-label="Chats and pages">
        <div class="brand">
          <Mark />
          <span>Persea</span>
          <button
            type="button"
            class="quiet narrow-only"
            aria-label="Close the menu"
            onClick={() => menuOpen.set(false)}
          >
            <Icon name="close" />
          </button>
        </div>
        <button
          type="button"
          class="new-chat"
          onClick={() => {
            newChat();
            menuOpen.set(false);
            focusMessage();
          }}
        >
          <Icon name="plus" /> New chat
        </button>
        <nav aria-label="Pages">
          <a href={address()} aria-current={lab ? undefined : 'page'} onClick={() => menuOpen.set(false)}>
            <Icon name="chat" /> Chats
          </a>
          {about?.lab !== false && (
            <a href={address('lab')} aria-current={lab ? 'page' : undefined} onClick={() => menuOpen.set(false)}>
              <Icon name="flask" /> Lab
            </a>
          )}
        </nav>
        <h2 class="list-title">Chats in this browser</h2>
        <ul class="chat-list">
          {state.all.map((chat) => (
            <Entry key={chat.id} chat={chat} open={!lab && chat.id === state.open} />
          ))}
        </ul>
        <div class="sidebar-foot">
          <button
            type="button"
            class="quiet"
            title={`Colours: ${themeName}`}
            aria-label={`Colours: ${themeName}. Change`}
            onClick={() => setTheme(nextTheme(wanted))}
          >
            <Icon name={wanted === 'auto' ? 'half' : wanted === 'light' ? 'sun' : 'moon'} />
          </button>
          <button
            type="button"
            class={`quiet${hasKey ? ' on' : ''}`}
            title="API key"
            aria-label={hasKey ? 'API key: there is one. Change' : 'Enter an API key'}
            onClick={() => panel.set('key')}
          >
            <Icon name="key" />
          </button>
          <button
            type="button"
            class="quiet"
            title="Export all chats"
            aria-label="Export all chats as JSON"
            onClick={() => download(state.all.filter((one) => !isEmpty(one)))}
          >
            <Icon name="save" />
          </button>
          <button
            type="button"
            class="quiet"
            title="Your data"
            aria-label="Your data on the server"
            onClick={() => panel.set('data')}
          >
            <Icon name="person" />
          </button>
          <button
            type="button"
            class="quiet"
            title="Keyboard (?)"
            aria-label="Keyboard shortcuts"
            onClick={() => panel.set('help')}
          >
            <Icon name="help" />
          </button>
        </div>
      </aside>
    </>
  );
}
