// What the page knows, in one object, and the questions that several scripts ask of it.

export const state = {
  me: null,
  people: [],
  places: [],
  place: null, // id of the open channel
  messages: new Map(), // by id, in order
  commands: {}, // by channel
  waiting: new Map(), // interactions that the bot has not answered yet, by id
  unread: new Set(), // ids of channels
  examples: [],
};

export const here = () => state.places.find((place) => place.id === state.place);

export function nameOf(id) {
  if (state.me?.id === id) return state.me.name;
  return state.people.find((person) => person.id === id)?.name ?? "Encore";
}

/** The slash commands of the open channel, one entry for each subcommand: path, words, options. */
export function slashCommands() {
  const found = [];
  for (const command of state.commands[state.place] || []) {
    if (command.type === 1) found.push(...flatten(command, [command]));
  }
  return found;
}

function flatten(command, words) {
  const last = words.at(-1);
  const deeper = (last.options || []).filter((option) => option.type <= 2);
  if (deeper.length) return deeper.flatMap((option) => flatten(command, [...words, option]));
  return [{ path: words.map((word) => word.name).join(" "), words, options: last.options || [] }];
}

export const messageCommands = () => (state.commands[state.place] || []).filter((command) => command.type === 3);
