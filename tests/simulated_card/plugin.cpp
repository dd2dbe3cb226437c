// SPDX-License-Identifier: Apache-2.0

// The entry point of alsa-lib for `type simulated`: reads the configuration of the pcm, makes a Card and
// forwards the callbacks.
#include <alsa/asoundlib.h>
// After asoundlib.h, which declares the types that it uses.
#include <alsa/pcm_external.h>

#include <array>
#include <cerrno>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

#include "simulated_card/card.hpp"

namespace simulated_card {
namespace {

// No exception may pass through alsa-lib, which is C.
template <typename Call>
auto guarded(snd_pcm_ioplug_t* io, Call call) noexcept -> decltype(call(*static_cast<Card*>(nullptr))) {
  try {
    return call(*static_cast<Card*>(io->private_data));
  } catch (const std::exception& error) {
    SNDERR("simulated card: %s", error.what());
    return -EIO;
  }
}

constexpr snd_pcm_ioplug_callback_t kCallbacks = [] {
  snd_pcm_ioplug_callback_t callbacks{};
  callbacks.start = [](snd_pcm_ioplug_t* io) { return guarded(io, [](Card& card) { return card.start(); }); };
  callbacks.stop = [](snd_pcm_ioplug_t* io) { return guarded(io, [](Card& card) { return card.stop(); }); };
  callbacks.pointer = [](snd_pcm_ioplug_t* io) {
    return guarded(io, [](Card& card) { return card.pointer(); });
  };
  callbacks.transfer = [](snd_pcm_ioplug_t* io, const snd_pcm_channel_area_t* areas, snd_pcm_uframes_t offset,
                          snd_pcm_uframes_t size) {
    return guarded(io, [=](Card& card) { return card.transfer(areas, offset, size); });
  };
  callbacks.close = [](snd_pcm_ioplug_t* io) {
    delete static_cast<Card*>(io->private_data);  // alsa-lib owns it since the open succeeded
    return 0;
  };
  callbacks.hw_params = [](snd_pcm_ioplug_t* io, snd_pcm_hw_params_t*) {
    return guarded(io, [](Card& card) { return card.hw_params(); });
  };
  callbacks.sw_params = [](snd_pcm_ioplug_t* io, snd_pcm_sw_params_t* params) {
    return guarded(io, [=](Card& card) { return card.sw_params(params); });
  };
  callbacks.prepare = [](snd_pcm_ioplug_t* io) {
    return guarded(io, [](Card& card) { return card.prepare(); });
  };
  // Nothing to wait for: alsa-lib drops the stream after this.
  callbacks.drain = [](snd_pcm_ioplug_t*) { return 0; };
  callbacks.resume = [](snd_pcm_ioplug_t* io) {
    return guarded(io, [](Card& card) { return card.resume(); });
  };
  callbacks.poll_revents = [](snd_pcm_ioplug_t* io, pollfd*, unsigned, unsigned short* revents) {
    return guarded(io, [=](Card& card) { return card.poll_revents(revents); });
  };
  return callbacks;
}();

struct Configuration {
  std::string file;
  RecordingFormat format;
  Card::Options options;
};

std::string text_of(snd_config_t* entry, const char* key) {
  const char* text = nullptr;
  if (snd_config_get_string(entry, &text) < 0)
    throw std::invalid_argument(std::string(key) + " must be a string");
  return text;
}

long long integer_of(snd_config_t* entry, const char* key) {
  long small = 0;
  if (snd_config_get_integer(entry, &small) >= 0) return small;
  long long large = 0;
  if (snd_config_get_integer64(entry, &large) >= 0) return large;
  throw std::invalid_argument(std::string(key) + " must be an integer");
}

unsigned count_of(snd_config_t* entry, const char* key) {
  const long long count = integer_of(entry, key);
  if (count < 1 || count > 1'000'000) throw std::invalid_argument(std::string(key) + " is out of range");
  return static_cast<unsigned>(count);
}

Configuration read_configuration(snd_config_t* conf) {
  Configuration configuration;
  snd_config_iterator_t next{};
  for (snd_config_iterator_t at = snd_config_iterator_first(conf); at != snd_config_iterator_end(conf);
       at = next) {
    next = snd_config_iterator_next(at);
    snd_config_t* entry = snd_config_iterator_entry(at);
    const char* id = nullptr;
    if (snd_config_get_id(entry, &id) < 0) continue;
    const std::string key = id;
    if (key == "type" || key == "comment" || key == "hint") continue;
    if (key == "file") {
      configuration.file = text_of(entry, id);
    } else if (key == "state") {
      configuration.options.state = text_of(entry, id);
    } else if (key == "rate") {
      configuration.format.rate = count_of(entry, id);
    } else if (key == "channels") {
      configuration.format.channels = count_of(entry, id);
    } else if (key == "format") {
      configuration.format.format = snd_pcm_format_value(text_of(entry, id).c_str());
      if (configuration.format.format == SND_PCM_FORMAT_UNKNOWN)
        throw std::invalid_argument("format is not known");
    } else if (key == "epoch") {
      configuration.options.epoch_ns = integer_of(entry, id);
    } else {
      throw std::invalid_argument("unknown field " + key);
    }
  }
  if (configuration.file.empty()) throw std::invalid_argument("file is missing");
  if (configuration.options.state.empty()) throw std::invalid_argument("state is missing");
  return configuration;
}

void check(int error) {
  if (error < 0) throw std::system_error(-error, std::generic_category(), "hardware parameters");
}

// Exactly the recording's rate, channels and format, as a card without a mixer; `plug:` converts. Buffers as
// cards have them: at least 16 frames a period, at least two periods, up to 4 seconds.
void constrain(Card& card) {
  const RecordingFormat& format = card.recording().format();
  const auto frame_bytes = static_cast<unsigned>(card.recording().frame_bytes());
  const std::array<unsigned, 4> accesses{SND_PCM_ACCESS_RW_INTERLEAVED, SND_PCM_ACCESS_RW_NONINTERLEAVED,
                                         SND_PCM_ACCESS_MMAP_INTERLEAVED, SND_PCM_ACCESS_MMAP_NONINTERLEAVED};
  const auto alsa_format = static_cast<unsigned>(format.format);
  const unsigned shortest = 16;
  const unsigned longest = format.rate > shortest ? format.rate : shortest;
  snd_pcm_ioplug_t* io = &card.io;
  check(snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_ACCESS, accesses.size(), accesses.data()));
  check(snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_FORMAT, 1, &alsa_format));
  check(snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_CHANNELS, format.channels, format.channels));
  check(snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_RATE, format.rate, format.rate));
  check(snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, shortest * frame_bytes,
                                        longest * frame_bytes));
  check(snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_BUFFER_BYTES, 2 * shortest * frame_bytes,
                                        4 * longest * frame_bytes));
  check(snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIODS, 2, 1024));
}

int open_card(snd_pcm_t** pcm, const char* name, snd_config_t* conf, snd_pcm_stream_t stream,
              int mode) noexcept {
  try {
    if (stream != SND_PCM_STREAM_CAPTURE) throw std::invalid_argument("it only captures");
    const Configuration configuration = read_configuration(conf);
    auto card = std::make_unique<Card>(configuration.options,
                                       load_recording(configuration.file, configuration.format));
    card->io.callback = &kCallbacks;
    check(snd_pcm_ioplug_create(&card->io, name, stream, mode));
    Card* owned = card.release();  // by the pcm: its close callback deletes it
    try {
      constrain(*owned);
    } catch (...) {
      snd_pcm_ioplug_delete(&owned->io);
      throw;
    }
    *pcm = owned->io.pcm;
    return 0;
  } catch (const std::system_error& error) {
    // A program may try again if the card is absent or busy: no message, as with a real card.
    const int code = error.code().value();
    if (code != ENODEV && code != EBUSY) SNDERR("%s: simulated card: %s", name, error.what());
    return code > 0 ? -code : -EIO;
  } catch (const std::bad_alloc&) {
    return -ENOMEM;
  } catch (const std::exception& error) {
    SNDERR("%s: simulated card: %s", name, error.what());
    return -EINVAL;
  }
}

}  // namespace
}  // namespace simulated_card

// The names that alsa-lib looks up; all others in the library are hidden. The macro ends in an empty
// declaration.
#pragma GCC visibility push(default)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
extern "C" {
SND_PCM_PLUGIN_DEFINE_FUNC(simulated);
SND_PCM_PLUGIN_DEFINE_FUNC(simulated) {
  static_cast<void>(root);
  return simulated_card::open_card(pcmp, name, conf, stream, mode);
}
SND_PCM_PLUGIN_SYMBOL(simulated);
}
#pragma GCC diagnostic pop
#pragma GCC visibility pop
