// Everything of stls.
#pragma once

#include <stls/buffered.hpp>
#include <stls/buffering.hpp>
#include <stls/config.hpp>
#include <stls/conn_info.hpp>
#include <stls/connection.hpp>
#include <stls/engine.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/fd.hpp>
#include <stls/handshake_event.hpp>
#include <stls/io.hpp>
#include <stls/keyring.hpp>
#include <stls/options.hpp>
#include <stls/role.hpp>
#include <stls/sign_request.hpp>
