// What the server keeps of this user, and how to have it deleted.
import { useState } from 'preact/hooks';
import { Problem } from '../api/problem';
import { deleteMyData } from '../api/replies';
import { served } from '../api/server';
import { useStore } from '../state/store';
import { keepsContent, setKeepsContent } from '../chat/writing';
import { Dialog } from './dialog';

export function DataDialog({ onClose }: { onClose: () => void }) {
  const keeps = useStore(keepsContent);
  const [sure, setSure] = useState(false);
  const [told, setTold] = useState('');
  const feedback = served.get().about?.feedback === true;
  const remove = async (): Promise<void> => {
    setSure(false);
    try {
      const deleted = await deleteMyData();
      setTold(`Deleted: ${deleted.replies} replies and ${deleted.feedback} ratings.`);
    } catch (error) {
      setTold(error instanceof Problem ? error.message : String(error));
    }
  };
  return (
    <Dialog title="Your data" onClose={onClose}>
      <p>
        Conversations are kept in this browser only. Of each reply the server records its id, the model, counts and
        digests, but not what was said.
      </p>
      {feedback ? (
        <label class="check">
          <input type="checkbox" checked={keeps} onChange={(event) => setKeepsContent(event.currentTarget.checked)} />
          <span>
            Let the server keep what I send and get from now on{' '}
            <small>Together with thumbs and edits it is used to tune models.</small>
          </span>
        </label>
      ) : (
        <p class="soft">This server takes no feedback and keeps no content.</p>
      )}
      <p>What the server has recorded of you can be deleted for good: replies, ratings and edits.</p>
      <div class="row end">
        {sure ? (
          <>
            <span>Delete all of it?</span>
            <button type="button" onClick={() => setSure(false)}>
              No
            </button>
            <button type="button" class="danger" autoFocus onClick={() => void remove()}>
              Yes, delete
            </button>
          </>
        ) : (
          <button type="button" class="danger" onClick={() => setSure(true)}>
            Delete my data on the server
          </button>
        )}
      </div>
      <p role="status">{told}</p>
    </Dialog>
  );
}
