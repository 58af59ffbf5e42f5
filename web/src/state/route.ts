// Where the page is: the part of its address behind '#'. "#/lab/run/model-0a" is ['lab', 'run', 'model-0a'].
import { Store } from './store';

const parts = (): string[] =>
  location.hash
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '')
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });

export const route = new Store<string[]>(parts());
window.addEventListener('hashchange', () => route.set(parts()));

export const address = (...to: string[]): string => '#/' + to.map(encodeURIComponent).join('/');
export const go = (...to: string[]): void => {
  location.hash = address(...to);
};
