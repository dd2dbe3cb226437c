// SPDX-License-Identifier: Apache-2.0

// Whether alsa-lib calls the start callback because the program reads, rather than because it called
// snd_pcm_start().
//
// On a sound card the kernel starts a prepared stream at a read only if the read asks for start_threshold
// frames. alsa-lib, which reads on behalf of a plugin, starts it at any read, whatever the threshold (tried
// with 1.2.8). A program that forgets to start again after an overrun would then work here and fail on
// hardware: a simulated card exists to find such errors. The callback does not get the reason for the start,
// so this looks at the call stack.
#pragma once

namespace simulated_card {

/// To be called from within the start callback.
[[nodiscard]] bool started_by_reading();

}  // namespace simulated_card
