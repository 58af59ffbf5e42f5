// What a person said.
import type { Lane } from '../chat/conversation';
import type { Message } from '../chat/tree';
import { editPrompt, isWriting } from '../chat/writing';
import { useStore } from '../state/store';
import { editing } from './composer';
import { CopyButton } from './copy';
import { Editor } from './editor';
import { Icon } from './icons';
import { Siblings } from './siblings';

export function PromptView({ chat, lane, message }: { chat: string; lane: Lane; message: Message }) {
  const edited = useStore(editing) === message.id;
  if (edited) {
    return (
      <Editor
        text={message.text}
        label="Edit the message"
        action="Send"
        onDone={(text) => {
          editing.set('');
          editPrompt(chat, message.id, text);
        }}
        onCancel={() => editing.set('')}
      />
    );
  }
  return (
    <>
      <h3 class="offscreen">You</h3>
      <div class="prompt-text">{message.text}</div>
      <div class="tools">
        <Siblings chat={chat} lane={lane} id={message.id} />
        <CopyButton text={message.text} label="Copy the message" />
        <button
          type="button"
          class="quiet"
          aria-label="Edit the message"
          title="Edit, and branch off here"
          disabled={isWriting(chat)}
          onClick={() => editing.set(message.id)}
        >
          <Icon name="edit" />
        </button>
      </div>
    </>
  );
}
