// Small things that the browser keeps for this page. A browser that keeps nothing (a private window, a full disk) is no
// error: what was to be kept lasts as long as the page.

type Place = 'session' | 'local';

const storage = (place: Place): Storage | null => {
  try {
    return place === 'local' ? window.localStorage : window.sessionStorage;
  } catch {
    return null;
  }
};

export function kept<T>(name: string, usual: T, place: Place = 'local'): T {
  try {
    const text = storage(place)?.getItem(`persea.${name}`);
    return text == null ? usual : (JSON.parse(text) as T);
  } catch {
    return usual;
  }
}

export function keep(name: string, value: unknown, place: Place = 'local'): void {
  try {
    storage(place)?.setItem(`persea.${name}`, JSON.stringify(value));
  } catch {
    // Not kept: see above.
  }
}

export function forget(name: string, place: Place = 'local'): void {
  try {
    storage(place)?.removeItem(`persea.${name}`);
  } catch {
    // There was nothing to forget.
  }
}
