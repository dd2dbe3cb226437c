// All of libshm's public concepts. A program may as well include only those it uses.
#pragma once

#include "shm/audio.hpp"
#include "shm/deadline.hpp"
#include "shm/demand.hpp"
#include "shm/error.hpp"
#include "shm/index_range.hpp"
#include "shm/item_format.hpp"
#include "shm/lost_control.hpp"
#include "shm/raw_reader.hpp"
#include "shm/raw_writer.hpp"
#include "shm/reader.hpp"
#include "shm/source.hpp"
#include "shm/stream_options.hpp"
#include "shm/streams.hpp"
#include "shm/wait_any.hpp"
#include "shm/waiting.hpp"
#include "shm/writer.hpp"
