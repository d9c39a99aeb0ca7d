// Samples → an Ogg Opus file, which is what Discord's apps send as a voice message (RFC 3533, RFC 7845).

export const RATE = 48000;
const BITS = 32000; // a second
const DELAY = 312; // samples that the encoder puts before the first
const PACKETS = 50; // on a page: a second
const FRAME = RATE / 50; // samples of a packet

/** The bytes of a file of one channel, given its samples at `RATE`. */
export async function oggOpus(samples) {
  const packets = await encoded(samples);
  const text = new TextEncoder();
  const head = new DataView(new ArrayBuffer(19));
  text.encodeInto("OpusHead", new Uint8Array(head.buffer));
  head.setUint8(8, 1); // version
  head.setUint8(9, 1); // channels
  head.setUint16(10, DELAY, true);
  head.setUint32(12, RATE, true);
  const tags = new Uint8Array(22); // "OpusTags", the length of a name, the name, no comments
  text.encodeInto("OpusTags", tags);
  tags[8] = 6;
  text.encodeInto("Encore", tags.subarray(12));
  const pages = [page([new Uint8Array(head.buffer)], 0, 0, 2), page([tags], 1, 0, 0)];
  for (let at = 0; at < packets.length; at += PACKETS) {
    const some = packets.slice(at, at + PACKETS);
    const last = at + PACKETS >= packets.length;
    const position = last ? DELAY + samples.length : (at + some.length) * FRAME;
    pages.push(page(some, pages.length, position, last ? 4 : 0));
  }
  return new Blob(pages, { type: "audio/ogg" });
}

async function encoded(samples) {
  const packets = [];
  let failed = null;
  const encoder = new AudioEncoder({
    output: (chunk) => {
      const packet = new Uint8Array(chunk.byteLength);
      chunk.copyTo(packet);
      packets.push(packet);
    },
    error: (error) => (failed = error),
  });
  encoder.configure({ codec: "opus", sampleRate: RATE, numberOfChannels: 1, bitrate: BITS });
  const whole = new Float32Array(Math.ceil((samples.length + DELAY) / FRAME) * FRAME);
  whole.set(samples);
  for (let at = 0; at < whole.length; at += RATE) {
    const data = whole.slice(at, at + RATE);
    const sound = { format: "f32", sampleRate: RATE, numberOfChannels: 1, numberOfFrames: data.length, timestamp: at / RATE * 1e6, data };
    encoder.encode(new AudioData(sound));
  }
  await encoder.flush();
  if (failed) throw failed;
  encoder.close();
  return packets;
}

/** One page; flags: 2 is the first, 4 the last. */
function page(packets, number, position, flags) {
  const lacing = packets.flatMap((packet) => [...Array(Math.floor(packet.length / 255)).fill(255), packet.length % 255]);
  const bytes = new Uint8Array(27 + lacing.length + packets.reduce((sum, packet) => sum + packet.length, 0));
  const view = new DataView(bytes.buffer);
  new TextEncoder().encodeInto("OggS", bytes);
  view.setUint8(5, flags);
  view.setBigUint64(6, BigInt(position), true);
  view.setUint32(14, 1, true); // the stream's number
  view.setUint32(18, number, true);
  view.setUint8(26, lacing.length);
  bytes.set(lacing, 27);
  let at = 27 + lacing.length;
  for (const packet of packets) {
    bytes.set(packet, at);
    at += packet.length;
  }
  view.setUint32(22, checksum(bytes), true);
  return bytes;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) value = value << 1 ^ (value < 0 ? 0x04c11db7 : 0);
  return value;
});

function checksum(bytes) {
  let value = 0;
  for (const byte of bytes) value = value << 8 ^ TABLE[value >>> 24 ^ byte];
  return value >>> 0;
}
