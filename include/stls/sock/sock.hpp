// Everything of the sock layer.
#pragma once

#include <stls/sock/address.hpp>
#include <stls/sock/config_watcher.hpp>
#include <stls/sock/direction.hpp>
#include <stls/sock/expires.hpp>
#include <stls/sock/network.hpp>
#include <stls/sock/reader.hpp>
#include <stls/sock/stcp.hpp>
#include <stls/sock/stcp_server.hpp>
#include <stls/sock/stream.hpp>
#include <stls/sock/task.hpp>
#include <stls/sock/tcp.hpp>
