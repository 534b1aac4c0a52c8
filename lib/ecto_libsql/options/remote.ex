defmodule EctoLibSql.Options.Remote do
  @moduledoc false
  # The options of a connection to a server. Those of a local file are refused: they would have no effect.

  import EctoLibSql.Options.Check

  alias EctoLibSql.{AuthToken, EncryptionKey}
  alias EctoLibSql.Options.{Names, Process, RemoteWarnings}

  @milliseconds 1..0x7FFFFFFF
  @schemes ~w(libsql http https ws wss)
  @token_parameter "authToken"

  @doc "The options that are about the server."
  @spec names() :: [atom()]
  def names do
    ~w(uri auth_token remote_encryption_key connect_timeout request_timeout tls headers encoding proxy)a
  end

  @doc "The URL of the server."
  @spec url!(keyword()) :: String.t()
  def url!(opts) do
    url = opts[:uri]

    if url == nil,
      do: refuse("the option :uri is missing: mode: :remote needs the URL of a server")

    scheme =
      if is_binary(url), do: url |> String.split("://", parts: 2) |> hd() |> String.downcase()

    # The URL may hold a token.
    if scheme in @schemes and String.valid?(url),
      do: url,
      else:
        refuse("the option :uri must be the URL of a server, #{Enum.join(@schemes, "://, ")}://")
  end

  @doc "The keys of EctoLibSql.Nif.open/2."
  @spec native(keyword()) :: map()
  def native(opts) do
    Enum.each(Names.local_only(), &not_local!(&1, opts[&1]))
    if opts[:sandbox] == :isolated, do: not_local!(:sandbox, :isolated)
    not_read_only!(opts[:mode])
    RemoteWarnings.check(opts, split_token(opts)[:auth_token] != nil)

    %{
      remote: true,
      auth_token: token!(opts[:auth_token]),
      remote_encryption_key: key!(opts[:remote_encryption_key]),
      connect_timeout: integer!(opts, :connect_timeout, @milliseconds),
      request_timeout: integer!(opts, :request_timeout, @milliseconds),
      headers: headers!(opts[:headers]),
      ca_file: ca_file!(opts[:tls]),
      encoding: encoding!(opts[:encoding]),
      proxy: proxy!(opts[:proxy])
    }
    |> Map.merge(Process.all!(opts))
    |> Map.reject(fn {_key, value} -> value in [nil, []] end)
  end

  defp not_local!(_name, none) when none in [nil, []], do: :ok
  defp not_local!(:shared_memory, false), do: :ok

  defp not_local!(name, _value) when name in [:encryption_key, :key] do
    refuse(
      "the option #{inspect(name)} encrypts a local file; a server takes the key of its database as :remote_encryption_key"
    )
  end

  defp not_local!(name, _value),
    do:
      refuse(
        "the option #{inspect(name)} is for local databases: a server has settings of its own"
      )

  # The flags that open a file. Without effect they would be a promise that nothing keeps.
  defp not_read_only!(mode) when mode in [nil, [], :remote, :readwrite], do: :ok

  defp not_read_only!(flags) do
    if Enum.all?(List.wrap(flags), &(&1 in [:readwrite, :create, :nomutex])) do
      :ok
    else
      refuse(
        "the option :mode is for local databases, got: #{inspect(flags)}; what a connection to a server may do is a matter of its token"
      )
    end
  end

  # --- Secrets ---

  defp token!(nil), do: nil
  defp token!(%AuthToken{reference: reference}), do: reference
  defp token!(token) when is_binary(token) and token != "", do: AuthToken.new(token).reference
  defp token!(fetch) when is_function(fetch, 0), do: fn -> reference(fetch.()) end

  defp token!({module, fun, args}) when is_atom(module) and is_atom(fun) and is_list(args),
    do: fn -> reference(apply(module, fun, args)) end

  defp token!(_other) do
    refuse(
      "the option :auth_token must be a string, an EctoLibSql.AuthToken, a function without arguments that returns one, " <>
        "or {module, function, args}"
    )
  end

  defp reference(%AuthToken{reference: reference}), do: reference
  defp reference(other), do: other

  defp key!(nil), do: nil
  defp key!(%EncryptionKey{reference: reference}), do: reference
  defp key!(key) when is_binary(key) and key != "", do: EncryptionKey.new(key).reference
  defp key!(_other), do: refuse("the option :remote_encryption_key must be a Base64 string")

  @doc "The options of a pool without a token that a report would show (see Options.Encryption.protect/1)."
  @spec protect(keyword()) :: keyword()
  def protect(opts) do
    opts
    |> split_token()
    |> Enum.map(fn
      {:auth_token, token} when is_binary(token) and token != "" ->
        {:auth_token, AuthToken.new(token)}

      {:remote_encryption_key, key} when is_binary(key) and key != "" ->
        {:remote_encryption_key, EncryptionKey.new(key)}

      option ->
        option
    end)
  end

  @doc "The options with a token of the URL, which takes precedence, as an option of its own."
  @spec split_token(keyword()) :: keyword()
  def split_token(opts) do
    {opts, token} = take_from_url(opts)
    if token, do: Keyword.put(opts, :auth_token, token), else: opts
  end

  defp take_from_url(opts) do
    with url when is_binary(url) <- opts[:uri],
         {:ok, %URI{query: query} = uri} when is_binary(query) <- URI.new(url),
         {[{_, token} | _], rest} when token != "" <-
           query |> URI.query_decoder() |> Enum.split_with(&match?({@token_parameter, _}, &1)) do
      query = if rest == [], do: nil, else: URI.encode_query(rest)
      {Keyword.put(opts, :uri, URI.to_string(%{uri | query: query})), token}
    else
      _none -> {opts, nil}
    end
  end

  # --- Others ---

  defp headers!(nil), do: []

  defp headers!(headers) when is_list(headers) or is_map(headers) do
    Enum.map(headers, fn
      {name, value} when is_binary(name) and is_binary(value) -> {name, value}
      _other -> refuse_headers()
    end)
  end

  defp headers!(_other), do: refuse_headers()

  # Their values may be secrets.
  defp refuse_headers,
    do: refuse("the option :headers must be a list of {name, value}, both strings")

  defp encoding!(encoding) when encoding in [nil, :json, :protobuf], do: encoding

  defp encoding!(other),
    do: refuse("the option :encoding must be :json or :protobuf, got: #{inspect(other)}")

  # A password in the option would stand in the reports of a pool.
  defp proxy!(nil), do: nil
  defp proxy!(:none), do: ""

  defp proxy!(proxy) when is_binary(proxy) and proxy != "" do
    if String.contains?(proxy, "@"),
      do:
        refuse(
          "the option :proxy must not hold a user or a password: set HTTPS_PROXY or HTTP_PROXY for a proxy that asks for them"
        ),
      else: proxy
  end

  defp proxy!(_other),
    do: refuse("the option :proxy must be the URL of a proxy, \"http://host:port\", or :none")

  defp ca_file!(nil), do: nil
  defp ca_file!(tls) when tls in [[], true], do: nil

  defp ca_file!(tls) do
    case tls do
      [cacertfile: path] when is_binary(path) and path != "" ->
        path

      _other ->
        refuse(
          "the option :tls must be [cacertfile: path]: certificates beside the system's, in PEM"
        )
    end
  end
end
