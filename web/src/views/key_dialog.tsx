// Where the API key is entered.
import { useState } from 'preact/hooks';
import { key, keyIsKept, setKey } from '../api/key';
import { loadServed, served } from '../api/server';
import { Dialog } from './dialog';

export function KeyDialog({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState(key.get());
  const [remember, setRemember] = useState(keyIsKept());
  const [wrong, setWrong] = useState('');
  const use = async (value: string): Promise<void> => {
    setKey(value.trim(), remember);
    await loadServed();
    const problem = served.get().problem;
    if (problem) setWrong(problem.message);
    else onClose();
  };
  return (
    <Dialog title="API key" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void use(text);
        }}
      >
        <p class="soft">
          {served.get().about?.keys === false
            ? 'This server asks for no key at the moment.'
            : 'This server asks for a key. Whoever runs it makes one with '}
          {served.get().about?.keys !== false && <code>persea key add NAME</code>}
        </p>
        <label class="field">
          <span>Key</span>
          <input
            type="password"
            value={text}
            autoComplete="off"
            spellcheck={false}
            placeholder="psk_…"
            autoFocus
            aria-invalid={wrong !== ''}
            aria-describedby="key-wrong"
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <label class="check">
          <input type="checkbox" checked={remember} onChange={(event) => setRemember(event.currentTarget.checked)} />
          <span>
            Keep it in this browser <small>Otherwise it is forgotten with this tab.</small>
          </span>
        </label>
        <p id="key-wrong" class="wrong" role="alert">
          {wrong}
        </p>
        <div class="row end">
          {key.get() !== '' && (
            <button
              type="button"
              onClick={() => {
                setText('');
                void use('');
              }}
            >
              Forget the key
            </button>
          )}
          <button type="submit" class="primary" disabled={text.trim() === ''}>
            Use this key
          </button>
        </div>
      </form>
    </Dialog>
  );
}
