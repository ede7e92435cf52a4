---@meta libtls
-- Types for LuaLS. libtls(3lua) is the manual.

---@class libtls.keypair
---@field cert? string
---@field cert_file? string
---@field key? string
---@field key_file? string
---@field ocsp_staple? string
---@field ocsp_staple_file? string

---@class libtls.ticket_key
---@field keyrev? integer
---@field key? string 48 bytes
---@field key_file? string
---@field ticket_key_rev? integer
---@field ticket_key? string
---@field ticket_key_file? string

---@class libtls.handshake_event
---@field role "client"|"server"
---@field servername string
---@field version string
---@field cipher string
---@field group string
---@field alpn string
---@field resumed boolean
---@field duration number seconds
---@field error? string
---@field code? string

---@class libtls.warning
---@field severity "notice"|"warning"|"serious"
---@field code string
---@field message string

---@class libtls.options
---@field alpn? string
---@field alpn_file? string
---@field ca? string
---@field ca_file? string
---@field cert? string
---@field cert_file? string
---@field key? string
---@field key_file? string
---@field ocsp_staple? string
---@field ocsp_staple_file? string
---@field crl? string
---@field crl_file? string
---@field keypairs? libtls.keypair[]
---@field ticket_keys? libtls.ticket_key[]
---@field ciphers? string
---@field ciphers_file? string
---@field dheparams? string
---@field dheparams_file? string
---@field ecdhecurve? string
---@field ecdhecurve_file? string
---@field ecdhecurves? string
---@field ecdhecurves_file? string
---@field protocols? string
---@field protocols_file? string
---@field verify_depth? integer
---@field prefer_ciphers_client? boolean
---@field prefer_ciphers_server? boolean
---@field insecure_noverifycert? boolean
---@field insecure_noverifyname? boolean
---@field insecure_noverifytime? boolean
---@field ocsp_require_stapling? boolean
---@field verify_client? boolean
---@field verify_client_optional? boolean
---@field session_id? string
---@field session_id_file? string
---@field session_lifetime? integer seconds
---@field engine? string
---@field engine_file? string
---@field ca_path? string
---@field ca_path_file? string
---@field ca_system? boolean
---@field key_password? string
---@field key_password_file? string
---@field sessions? integer
---@field on_session? fun(servername: string, session: string)
---@field ocsp_request? boolean
---@field keylog? fun(line: string)
---@field on_handshake? fun(event: libtls.handshake_event)
---@field on_warning? fun(warning: libtls.warning)
---@field verify? boolean

---@class libtls.conf
local conf = {}
function conf:free() end
---@return string
function conf:describe() end
---@param key libtls.ticket_key
---@return true? ok
---@return string? err
---@return string? code
function conf:add_ticket_key(key) end

---@alias libtls.conf_or_options libtls.conf|libtls.options

---@class libtls.peer
---@field subject string
---@field issuer string
---@field common_name? string
---@field dns_names string[]
---@field ip_addresses string[]
---@field emails string[]
---@field uris string[]
---@field not_before integer
---@field not_after integer
---@field hash string

---@class libtls.ocsp
---@field url? string
---@field result? string
---@field response_status? integer
---@field cert_status? integer
---@field crl_reason? integer
---@field this_update? integer
---@field next_update? integer
---@field revocation_time? integer

---@class libtls.info
---@field engine string
---@field version string
---@field cipher string
---@field cipher_strength integer
---@field group? string
---@field alpn? string
---@field servername? string
---@field resumed boolean
---@field ocsp libtls.ocsp
---@field peer? libtls.peer
---@field peer_chain? string[] DER

---@alias libtls.read_cb fun(cts: libtls.cts, maxsz: integer, cb_arg: any): string?, string?
---@alias libtls.write_cb fun(cts: libtls.cts, s: string, cb_arg: any): integer?, string?

---@class libtls.cts
local cts = {}
---@param vhost string?
---@param read_cb libtls.read_cb|ffi.cdata*
---@param write_cb libtls.write_cb|ffi.cdata*
---@param cb_arg? any
---@param session? string
---@return true? ok
---@return string? err
---@return string? code
function cts:connect(vhost, read_cb, write_cb, cb_arg, session) end
---@param conf? libtls.conf_or_options
---@return true? ok
---@return string? err
---@return string? code
function cts:reset(conf) end
---@return true? ok
---@return string? err
---@return string? code
function cts:handshake() end
---@param buf ffi.cdata*
---@param maxsz integer
---@return integer? sz
---@return string? err
---@return string? code
---@overload fun(self: libtls.cts, maxsz?: integer): string?, string?, string?
---@overload fun(self: libtls.cts, buf: nil, maxsz?: integer): string?, string?, string?
function cts:recv(buf, maxsz) end
---@param s string|ffi.cdata*
---@param sz? integer
---@return integer? sz
---@return string? err
---@return string? code
function cts:send(s, sz) end
---@return true? ok
---@return string? err
---@return string? code
function cts:shutdown() end
---@return true? ok
---@return string? err
---@return string? code
function cts:close() end
function cts:free() end
---@return integer
function cts:pending() end
---@return libtls.info?
function cts:info() end
---@return string? session
---@return string? err
---@return string? code
function cts:export_session() end

---@class libtls.sts
local sts = {}
---@param read_cb libtls.read_cb|ffi.cdata*
---@param write_cb libtls.write_cb|ffi.cdata*
---@param cb_arg? any
---@return libtls.cts? cts
---@return string? err
---@return string? code
function sts:accept(read_cb, write_cb, cb_arg) end
---@param conf? libtls.conf_or_options
---@return true? ok
---@return string? err
---@return string? code
function sts:reset(conf) end
---@return true
function sts:close() end
function sts:free() end

---@class libtls
---@field version string
local libtls = {}
---@param opt? libtls.conf_or_options
---@return libtls.conf? conf
---@return string? err
---@return string? code
function libtls.config(opt) end
---@param conf? libtls.conf_or_options
---@return libtls.cts? cts
---@return string? err
---@return string? code
function libtls.client(conf) end
---@param conf? libtls.conf_or_options
---@return libtls.sts? sts
---@return string? err
---@return string? code
function libtls.server(conf) end
---@return string[]
function libtls.engines() end
return libtls
