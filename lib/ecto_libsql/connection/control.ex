defmodule EctoLibSql.Connection.Control do
  @moduledoc false
  # What belongs to a connection whatever transaction is open on it: counters, the busy timeout, extensions, change
  # events, the access policy. Takes states, returns `:ok`, `{:ok, value}` or `{:error, error}`.

  alias EctoLibSql.Connection.{Call, Replica}
  alias EctoLibSql.{Error, Nif, State}
  alias EctoLibSql.Options.Names

  @type answer(value) :: {:ok, value} | {:error, Error.t()}
  @type answer :: :ok | {:error, Error.t()}

  @events [:update, :commit, :rollback, :wal]
  @actions [:read, :insert, :update, :delete, :ddl, :pragma, :attach, :transaction, :function] ++
             [:load_extension, :recursive]
  @int32 0x7FFFFFFF

  @doc "A number that the connection counts, or the version of the protocol that its server speaks (nil without one)."
  @spec info(State.t(), :last_insert_rowid | :changes | :total_changes | :protocol_version) ::
          answer(integer() | nil)
  def info(state, fact), do: Call.structured(Nif.info(State.conn(state), fact))

  @doc "Cache hits and misses, waits for locks, memory; of a replica also how it stands (`:replica`)."
  @spec stats(State.t()) :: answer(map())
  def stats(state) do
    with {:ok, stats} <- Call.structured(Nif.stats(State.conn(state))) do
      case Replica.status(state) do
        {:ok, status} -> {:ok, Map.put(stats, :replica, status)}
        {:error, %Error{kind: :unsupported}} -> {:ok, stats}
        {:error, error} -> {:error, error}
      end
    end
  end

  @doc "Sets how long the connection waits for a lock."
  @spec set_busy_timeout(State.t(), term()) :: answer()
  def set_busy_timeout(state, ms) when is_integer(ms) and ms in 0..@int32,
    do: Call.structured(Nif.set_busy_timeout(State.conn(state), ms))

  def set_busy_timeout(_state, _ms),
    do: refuse("the busy timeout must be between 0 and #{@int32} milliseconds")

  # --- Extensions ---

  @doc "Allows `load_extension/3`, or forbids it again."
  @spec enable_extensions(State.t(), term()) :: answer()
  def enable_extensions(state, enabled) when is_boolean(enabled),
    do: Call.structured(Nif.enable_extensions(State.conn(state), enabled))

  def enable_extensions(_state, _enabled), do: refuse("expected true or false")

  @doc "Loads an extension from a shared object."
  @spec load_extension(State.t(), term(), term()) :: answer()
  def load_extension(state, path, entry_point) do
    cond do
      not plain_text?(path) ->
        refuse("the path of an extension must be a string without NUL characters")

      is_nil(entry_point) or is_binary(entry_point) ->
        Call.structured(Nif.load_extension(State.conn(state), path, entry_point || ""))

      true ->
        refuse("the entry point of an extension must be a string or nil")
    end
  end

  # --- Events and policy ---

  @doc "Sends change events to a process after commits."
  @spec subscribe(State.t(), term(), pid() | atom()) :: answer(reference())
  def subscribe(state, events, subscriber) do
    with {:ok, events} <- events(List.wrap(events)),
         {:ok, pid} <- subscriber(subscriber) do
      case events do
        {:changes, table} -> Call.structured(Nif.listen(State.conn(state), table, pid))
        events -> Call.structured(Nif.subscribe(State.conn(state), events, pid))
      end
    end
  end

  defp events([{:changes, table}]) when is_binary(table) and table != "" do
    if plain_text?(table),
      do: {:ok, {:changes, table}},
      else: refuse("the name of a table must be a string without NUL characters")
  end

  defp events([_ | _] = events) do
    if Enum.all?(events, &(&1 in @events)), do: {:ok, Enum.uniq(events)}, else: refuse_events()
  end

  defp events([]), do: refuse_events()

  defp refuse_events,
    do:
      refuse(
        "events must be a list of #{inspect(@events)}, or [{:changes, table}] for one table of a server's database"
      )

  defp subscriber(pid) when is_pid(pid), do: {:ok, pid}

  defp subscriber(name) when is_atom(name) do
    case Process.whereis(name) do
      nil -> refuse("no process is registered as #{inspect(name)}")
      pid -> {:ok, pid}
    end
  end

  defp subscriber(_other), do: refuse("a subscriber must be a pid or a registered name")

  @doc "Ends a subscription."
  @spec unsubscribe(State.t(), term()) :: answer()
  def unsubscribe(state, ref) do
    if is_reference(ref),
      do: Call.structured(Nif.unsubscribe(State.conn(state), ref)),
      else: refuse("a subscription is the reference that subscribe/3 returned")
  end

  @doc "Forbids actions on the connection."
  @spec set_access_policy(State.t(), term()) :: answer()
  def set_access_policy(state, opts) do
    with :ok <- Names.check(opts, [:deny], "an access policy"),
         {:ok, denials} <- denials(opts[:deny], []) do
      Call.structured(Nif.set_access_policy(State.conn(state), denials))
    else
      {:error, error} ->
        {:error, error}

      :error ->
        refuse(
          "an access policy is [deny: list] of an action or {action, name}; actions: #{inspect(@actions)}"
        )
    end
  end

  defp denials([action | rest], done) when action in @actions do
    denials(rest, [{action, ""} | done])
  end

  defp denials([{action, name} | rest], done) when action in @actions and is_atom(name) do
    denials([{action, Atom.to_string(name)} | rest], done)
  end

  defp denials([{action, name} | rest], done) when action in @actions and is_binary(name) do
    denials(rest, [{action, name} | done])
  end

  defp denials([], done), do: {:ok, Enum.reverse(done)}
  defp denials(_other, _done), do: :error

  defp plain_text?(path), do: is_binary(path) and path != "" and not String.contains?(path, <<0>>)

  defp refuse(message), do: {:error, Error.new(:invalid_argument, message)}
end
