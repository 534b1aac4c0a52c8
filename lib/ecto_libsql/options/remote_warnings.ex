defmodule EctoLibSql.Options.RemoteWarnings do
  @moduledoc false
  # What the options of a connection to a server allow, but hardly anybody means. Each is logged once in the VM, because every
  # connection of a pool has the same options.

  require Logger

  @doc "Logs what is doubtful. `token?` says whether requests will carry a token."
  @spec check(keyword(), boolean()) :: :ok
  def check(opts, token?) do
    uri = URI.parse(opts[:uri])
    if token? and plain?(uri) and not loopback?(uri.host), do: token_without_tls(uri)
    if opts[:database] != nil, do: database_without_effect(opts[:database])
    :ok
  end

  # `libsql:` is HTTPS unless its query has tls=0.
  defp plain?(%{scheme: scheme}) when scheme in ["http", "ws"], do: true
  defp plain?(%{query: nil}), do: false
  defp plain?(%{query: query}), do: {"tls", "0"} in Enum.to_list(URI.query_decoder(query))

  defp loopback?(nil), do: false

  defp loopback?(host) do
    case :inet.parse_address(String.to_charlist(host)) do
      {:ok, {127, _, _, _}} -> true
      {:ok, address} -> address == {0, 0, 0, 0, 0, 0, 0, 1}
      {:error, _name} -> String.downcase(host) == "localhost"
    end
  end

  defp token_without_tls(%{host: host, scheme: scheme}) do
    once({:token_without_tls, host}, fn ->
      "the token for #{host} is sent without TLS (#{scheme}), so that everybody on the way can read and use it: " <>
        "use libsql://, https:// or wss://, or a network that is encrypted itself"
    end)
  end

  defp database_without_effect(database) do
    once({:database_without_effect, database}, fn ->
      "the option :database (#{inspect(database)}) has no effect: with :uri, the database is the server's. Leave out one of the " <>
        "two; a replica has :sync and :auth_token as well, or mode: :remote_replica"
    end)
  end

  defp once(what, text) do
    key = {__MODULE__, what}

    if :persistent_term.get(key, nil) == nil do
      :persistent_term.put(key, true)
      Logger.warning("EctoLibSql: " <> text.())
    end

    :ok
  end
end
