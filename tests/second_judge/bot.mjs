// A little bot of discord.js, which shares no code with discord.py: what both take for Discord is likely like Discord.

import tls from "node:tls";

// Every connection goes to the stand-in, whatever host it asks for; names and certificates are checked as always.
const connect = tls.connect;
tls.connect = (options, ...rest) =>
  connect({ ...options, servername: options.servername ?? options.host, host: "127.0.0.1", port: Number(process.env.STAND_IN_PORT) }, ...rest);

const {
  ActionRowBuilder, AttachmentBuilder, ButtonBuilder, ButtonStyle, Client, Events, GatewayIntentBits, MessageFlags,
  ModalBuilder, SlashCommandBuilder, TextInputBuilder, TextInputStyle,
} = await import("discord.js");

const client = new Client({ intents: [GatewayIntentBits.Guilds] });
const commands = [
  new SlashCommandBuilder().setName("echo").setDescription("Says it again, with the file")
    .addStringOption((o) => o.setName("text").setDescription("What").setRequired(true))
    .addAttachmentOption((o) => o.setName("file").setDescription("Which")),
  new SlashCommandBuilder().setName("button").setDescription("Shows a button"),
  new SlashCommandBuilder().setName("form").setDescription("Shows a form"),
  new SlashCommandBuilder().setName("guess").setDescription("Guesses")
    .addStringOption((o) => o.setName("key").setDescription("Which").setAutocomplete(true)),
];

const handlers = {
  async echo(interaction) {
    await interaction.deferReply();
    const file = interaction.options.getAttachment("file");
    const data = file ? Buffer.from(await (await fetch(file.url)).arrayBuffer()) : null;
    const files = data ? [new AttachmentBuilder(data, { name: `back-${file.name}` })] : [];
    await interaction.editReply({ content: interaction.options.getString("text"), files });
    await interaction.followUp({ content: "more", flags: MessageFlags.Ephemeral });
  },
  async button(interaction) {
    const row = new ActionRowBuilder()
      .addComponents(new ButtonBuilder().setCustomId("press").setLabel("Press").setStyle(ButtonStyle.Primary));
    await interaction.reply({ content: "here", components: [row], withResponse: true });
  },
  async press(interaction) {
    await interaction.update({ content: `pressed by ${interaction.user.username}`, components: [] });
    await interaction.channel.send("and posted");
  },
  async form(interaction) {
    const name = new TextInputBuilder().setCustomId("name").setLabel("Name").setStyle(TextInputStyle.Short);
    const modal = new ModalBuilder().setCustomId("sent").setTitle("A form").addComponents(new ActionRowBuilder().addComponents(name));
    await interaction.showModal(modal);
  },
  async sent(interaction) {
    await interaction.reply({ content: interaction.fields.getTextInputValue("name"), flags: MessageFlags.Ephemeral });
  },
  async guess(interaction) {
    if (!interaction.isAutocomplete()) return interaction.reply(interaction.options.getString("key") ?? "nothing");
    await interaction.respond([{ name: `${interaction.options.getFocused()} minor`, value: "minor" }]);
  },
};

client.on(Events.InteractionCreate, (interaction) =>
  handlers[interaction.commandName ?? interaction.customId](interaction).catch((error) => console.error(error)));
client.once(Events.ClientReady, async () => {
  await client.application.commands.set(commands);
  console.log(`ready in ${client.guilds.cache.size} servers`);
});
process.on("SIGTERM", () => client.destroy().then(() => process.exit(0)));
client.login(process.env.DISCORD_TOKEN);
