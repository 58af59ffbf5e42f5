// Server-sent events out of a stream of text, however it is cut into pieces.

export class EventReader {
  private rest = '';
  private data: string[] = [];

  // The data of the events that `piece` completes.
  read(piece: string): string[] {
    const events: string[] = [];
    this.rest += piece;
    for (;;) {
      const found = /\r\n|\n|\r(?!$)/.exec(this.rest);
      if (!found) return events;
      const line = this.rest.slice(0, found.index);
      this.rest = this.rest.slice(found.index + found[0].length);
      if (line === '') {
        if (this.data.length > 0) events.push(this.data.join('\n'));
        this.data = [];
      } else if (line.startsWith('data:')) {
        this.data.push(line.slice(line[5] === ' ' ? 6 : 5));
      }
    }
  }
}
