// What most of the worker's files include, compiled once for all of them: a third of the build's CPU. Nothing that
// looks at MS_CLASS or MS_LOG_DEV_LEVEL, which each file defines for itself (Logger.hpp).
#include "common.hpp"
#include "Channel/ChannelSocket.hpp"
#include "SharedInterface.hpp"
#include <ankerl/unordered_dense.h>
#include <map>
#include <ostream>
#include <ranges>
#include <string>
#include <vector>
