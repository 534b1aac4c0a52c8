defmodule EctoLibSql.ServerDoctor do
  @moduledoc """
  Explains the way to a libSQL server: whether it can be reached, TLS, what the token says about itself, which
  transports it offers, how long a round trip takes, and what to do about each failure. It reads, and writes nothing.

      $ mix ecto_libsql.doctor libsql://my-db.turso.io --token-env TURSO_AUTH_TOKEN

  A release has no mix, but this:

      $ bin/my_app eval 'EctoLibSql.ServerDoctor.print!("libsql://my-db.turso.io", auth_token: System.fetch_env!("TURSO_AUTH_TOKEN"))'

  The token is never shown: only when it expires and what it allows, if it is a JSON web token.
  """

  alias EctoLibSql.Connection.Control
  alias EctoLibSql.{Error, TokenClaims}

  @typedoc """
  `facts` are names and values; `findings` what is wrong and what to do, a sentence each; `failed` is true if the
  server does not answer queries.
  """
  @type report :: %{facts: [{String.t(), String.t()}], findings: [String.t()], failed: boolean()}

  # A token may expire that much later on sqld.
  @leeway 60
  @round_trips 5
  @timeout 5_000
  # URL of the one transport to that of the other, and of TLS to plain.
  @other_transport %{
    "libsql" => "wss",
    "https" => "wss",
    "http" => "ws",
    "wss" => "https",
    "ws" => "http"
  }
  @other_tls %{
    "libsql" => "http",
    "https" => "http",
    "wss" => "ws",
    "http" => "https",
    "ws" => "wss"
  }

  @doc "Whether the doctor of servers is meant, and not that of files: a URL of a server."
  @spec url?(String.t()) :: boolean()
  def url?(text), do: scheme(text) in Map.keys(@other_transport)

  @doc """
  Examines a server. Options: those of `EctoLibSql.connect/1` for servers, `:auth_token` as a string. `{:error, error}` for
  options that are wrong.
  """
  @spec examine(String.t(), keyword()) :: {:ok, report()} | {:error, Error.t()}
  def examine(url, options \\ []) do
    {uri, token} = without_token(url, options[:auth_token])
    options = Keyword.merge([connect_timeout: @timeout, request_timeout: @timeout], options)
    options = if token, do: Keyword.put(options, :auth_token, token), else: options

    case timed(fn -> connect(uri, options) end) do
      {_first, {:error, %Error{kind: :invalid_argument} = error}} ->
        {:error, error}

      {first, answer} ->
        {:ok, report([server(uri), token(token), reached(uri, options, answer, first)])}
    end
  end

  defp report(parts) do
    %{
      facts: Enum.flat_map(parts, & &1.facts),
      findings: Enum.flat_map(parts, &Map.get(&1, :findings, [])),
      failed: Enum.any?(parts, &Map.get(&1, :failed, false))
    }
  end

  @doc "A report as lines of text; those of findings begin with `!`."
  @spec lines(report()) :: [String.t()]
  defdelegate lines(report), to: EctoLibSql.Doctor

  @doc "Prints the report of a server. Raises if it does not answer queries."
  @spec print!(String.t(), keyword()) :: :ok
  def print!(url, options \\ []) do
    case examine(url, options) do
      {:ok, report} ->
        Enum.each(lines(report), &IO.puts/1)
        if report.failed, do: raise(Error.new(:cannot_open, failure())), else: :ok

      {:error, error} ->
        raise error
    end
  end

  @doc false
  def failure, do: "the server does not answer queries: see the lines that begin with !"

  # --- The URL ---

  defp scheme(text), do: text |> String.split("://", parts: 2) |> hd() |> String.downcase()

  # Nothing of what is printed may contain a token.
  defp without_token(url, token) do
    options = EctoLibSql.Options.Remote.split_token(uri: url)
    {options[:uri], options[:auth_token] || token}
  end

  defp server(uri) do
    tls = if scheme(uri) in ["http", "ws"] or uri =~ "tls=0", do: "none", else: "required"
    %{URI.parse(uri) | query: nil, userinfo: nil} |> facts_of(tls)
  end

  defp facts_of(uri, tls), do: %{facts: [{"server", URI.to_string(uri)}, {"TLS", tls}]}

  defp with_scheme(uri, schemes),
    do: String.replace(uri, ~r/^\w+/, Map.fetch!(schemes, scheme(uri)), global: false)

  # --- The token ---

  defp token(nil), do: %{facts: [{"token", "none"}]}

  defp token(token) do
    case TokenClaims.read(token) do
      {:ok, claims} -> claims(claims, System.os_time(:second))
      :error -> %{facts: [{"token", "given; no JSON web token, so it says nothing about itself"}]}
    end
  end

  defp claims(claims, now) do
    %{
      facts: [{"token", validity(claims, now)}, {"token's rights", rights(claims)}],
      findings:
        Enum.reject([expired(claims, now), audience(claims), algorithm(claims)], &is_nil/1)
    }
  end

  defp validity(%{expires: nil}, _now), do: "a JSON web token that does not expire"

  defp validity(%{expires: expires}, now) do
    if expires >= now,
      do: "a JSON web token, valid until #{time(expires)} (#{span(expires - now)} more)",
      else: "a JSON web token that expired at #{time(expires)} (#{span(now - expires)} ago)"
  end

  defp time(seconds) do
    case DateTime.from_unix(seconds) do
      {:ok, time} -> DateTime.to_iso8601(time)
      {:error, _} -> "second #{seconds}"
    end
  end

  defp span(seconds) when seconds >= 172_800, do: "#{div(seconds, 86_400)} days"
  defp span(seconds) when seconds >= 7_200, do: "#{div(seconds, 3_600)} hours"
  defp span(seconds) when seconds >= 120, do: "#{div(seconds, 60)} minutes"
  defp span(seconds), do: "#{seconds} seconds"

  defp rights(%{lists?: true}), do: "lists of databases by right (claim p)"

  defp rights(%{right: right, namespace: namespace}) do
    what =
      case right do
        "ro" -> "read only"
        "roa" -> "read and attach"
        nil -> "read and write"
        "rw" -> "read and write"
        _other -> "unknown (claim a)"
      end

    what <>
      if(namespace, do: ", on the database #{inspect(namespace)}", else: ", on every database")
  end

  defp expired(%{expires: expires}, now) when is_integer(expires) and expires + @leeway < now,
    do:
      "the token has expired: create a new one (`turso db tokens create NAME`); for tokens that expire, :auth_token may be " <>
        "a function, which is asked before each request"

  defp expired(_claims, _now), do: nil

  defp audience(%{audience?: true}),
    do: "the token has the claim aud, which sqld refuses: create one without it"

  defp audience(_claims), do: nil

  defp algorithm(%{algorithm: "EdDSA"}), do: nil

  defp algorithm(_claims),
    do: "the token is not signed with EdDSA, the only signature that sqld and Turso take"

  # --- The server's answers ---

  defp connect(uri, options), do: EctoLibSql.connect([uri: uri] ++ options)

  defp reached(uri, options, {:ok, state}, first) do
    measured = measured(state)

    facts = [
      {transport(uri), "answers" <> protocol(state)},
      {"first answer", milliseconds(first)}
    ]

    EctoLibSql.disconnect([], state)

    %{
      facts: facts ++ measured.facts ++ [other(uri, options)],
      findings: measured.findings
    }
  end

  defp reached(uri, options, {:error, error}, _first) do
    %{
      facts: [{transport(uri), "fails"}],
      findings: [Exception.message(%{error | statement: nil}), advice(error, uri, options)],
      failed: true
    }
  end

  defp measured(state) do
    times = for _ <- 1..@round_trips, do: elem(timed(fn -> ask(state, "SELECT 1") end), 0)

    with {:ok, [[version, clock]]} <-
           ask(state, "SELECT sqlite_version(), CAST(strftime('%s', 'now') AS INTEGER)") do
      %{
        facts: [
          {"round trip", milliseconds(Enum.at(Enum.sort(times), div(@round_trips, 2)))},
          {"SQLite there", version},
          {"transactions", transactions(state)}
        ],
        findings: skew(clock - System.os_time(:second))
      }
    else
      {:error, error} -> %{facts: [], findings: [Exception.message(error)]}
    end
  end

  # BEGIN is sent with the statement behind it, so nothing is sent here.
  defp transactions(state) do
    case EctoLibSql.handle_begin([mode: :deferred], state) do
      {:ok, _result, begun} ->
        {:ok, _result, _state} = EctoLibSql.handle_rollback([], begun)
        "yes"

      {_error, %Error{kind: :unsupported}, _state} ->
        "none of several requests: all clients of this server share one connection; transactional batches run"
    end
  end

  defp ask(state, sql) do
    with {:ok, result} <- EctoLibSql.query(state, sql), do: {:ok, result.rows}
  end

  defp skew(seconds) when abs(seconds) > @leeway,
    do: [
      "the clocks differ by #{span(abs(seconds))}: tokens seem to expire too early or too late; synchronise this machine's"
    ]

  defp skew(_seconds), do: []

  defp transport(uri), do: if(scheme(uri) in ["ws", "wss"], do: "WebSocket", else: "HTTP")

  defp protocol(state) do
    case Control.info(state, :protocol_version) do
      {:ok, version} when is_integer(version) -> ", version #{version} of the protocol"
      _unknown -> ""
    end
  end

  defp other(uri, options) do
    other = with_scheme(uri, @other_transport)

    case connect(other, options) do
      {:ok, state} ->
        protocol = protocol(state)
        EctoLibSql.disconnect([], state)
        {transport(other), "answers as well" <> protocol}

      {:error, _error} ->
        {transport(other), "not offered"}
    end
  end

  # --- What to do ---

  defp advice(%Error{recovery: recovery} = error, uri, options) do
    cond do
      :unauthorised in recovery ->
        token_advice(options[:auth_token])

      :unavailable in recovery ->
        unavailable(uri)

      error.kind == :timeout ->
        unavailable(uri)

      true ->
        "is it a libSQL server, and the path of the URL right? Compare the URL with `turso db show NAME --url`"
    end
  end

  defp token_advice(nil),
    do:
      "the server wants a token: give it with --token-env NAME, or as :auth_token (`turso db tokens create NAME`)"

  defp token_advice(_token),
    do:
      "the token is not for this server, or this database, or it has expired: create a new one (`turso db tokens create NAME`)"

  # A token is not sent there.
  defp unavailable(uri) do
    other = with_scheme(uri, @other_tls)
    plain? = scheme(other) in ["http", "ws"]

    case connect(other, connect_timeout: @timeout, request_timeout: @timeout) do
      {:error, %Error{recovery: recovery}} ->
        if :unavailable in recovery, do: network(), else: other_tls(other, plain?)

      {:ok, state} ->
        EctoLibSql.disconnect([], state)
        other_tls(other, plain?)
    end
  end

  defp other_tls(other, true),
    do:
      "the server answers without TLS: write #{scheme(other)}:// for it, on a network that you trust"

  defp other_tls(other, false), do: "the server wants TLS: write #{scheme(other)}:// for it"

  defp network,
    do:
      "check host and port, that the server runs, firewalls, and HTTPS_PROXY or HTTP_PROXY; a certificate that the system does " <>
        "not trust is named by tls: [cacertfile: path]"

  defp timed(fun) do
    {microseconds, value} = :timer.tc(fun)
    {microseconds, value}
  end

  defp milliseconds(microseconds), do: "#{Float.round(microseconds / 1000, 1)} ms"
end
