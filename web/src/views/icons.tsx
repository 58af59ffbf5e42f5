// The page's symbols, drawn here: 24 by 24, in the colour of the text. They are decoration; what holds one has a name.

const paths = {
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  menu: 'M4 7h16M4 12h16M4 17h16',
  send: 'M12 19V5M6 11l6-6 6 6',
  stop: 'M7 7h10v10H7z',
  copy: 'M9 9h10v10H9zM15 9V5H5v10h4',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  edit: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3',
  again: 'M19 12a7 7 0 1 1-2.100-5M19 4v4h-4',
  up: 'M7 11l4-7c1.500 0 2.500 1 2.200 2.600L12.800 10H18c1.200 0 2 1 1.700 2.200l-1.300 6c-.2.900-1 1.600-2 1.600H7zM4 11h3v9H4z',
  down: 'M17 13l-4 7c-1.500 0-2.500-1-2.200-2.600l.4-3.400H6c-1.200 0-2-1-1.700-2.200l1.300-6C5.800 4.900 6.600 4.200 7.600 4.200H17zM20 13h-3V4h3z',
  left: 'M14 6l-6 6 6 6',
  right: 'M10 6l6 6-6 6',
  tune: 'M4 8h9M17 8h3M4 16h3M11 16h9M15 5.500v5M9 13.500v5',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2',
  moon: 'M19.500 14.500A8 8 0 0 1 9.500 4.500a8 8 0 1 0 10 10z',
  half: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 4v16M12 8h4.500M12 12h6.500M12 16h4.500',
  key: 'M8 12a3.500 3.500 0 1 0 0 5 3.500 3.500 0 0 0 0-5zM8 12l9-9M14 6l3 3M17 3l3 3',
  help: 'M9 9a3 3 0 1 1 4.500 2.600c-.9.500-1.500 1.200-1.500 2.400M12 17.500v.5M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5',
  save: 'M12 4v11M7.500 10.500L12 15l4.500-4.500M5 19.500h14',
  root: 'M12 4a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5zM6 15a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5zM18 15a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5zM12 9v3M12 12l-6 3M12 12l6 3',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.500 20c.7-3.800 3.600-5.500 7.500-5.500s6.800 1.700 7.500 5.500',
  chat: 'M4 5h16v11H10l-5 4v-4H4z',
  flask: 'M10 3h4M11 3v6l-6 10c-.6 1 .1 2 1.200 2h11.600c1.100 0 1.800-1 1.200-2L13 9V3M8 15h8',
  columns: 'M4 5h16v14H4zM12 5v14',
  down_arrow: 'M12 5v14M6 13l6 6 6-6',
  back: 'M19 12H5M11 6l-6 6 6 6',
};

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path
        class="mark-skin"
        d="M16 2c4 0 6 5 7.500 10C25 16 27 18 27 22a11 8.500 0 0 1-22 0c0-4 2-6 3.500-10C10 7 12 2 16 2z"
      />
      <path
        class="mark-flesh"
        d="M16 5c2.600 0 4 4 5.200 8 1.200 4 3.300 5.800 3.300 9a8.500 6 0 0 1-17 0c0-3.200 2.100-5 3.300-9C12 9 13.400 5 16 5z"
      />
      <circle class="mark-stone" cx="16" cy="20.500" r="4.600" />
    </svg>
  );
}
