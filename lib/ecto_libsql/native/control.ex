defmodule EctoLibSql.Native.Control do
  @moduledoc false
  # The connection and the database as a whole: facts, backup, images, checkpoints, extensions,
  # change events, access policy. Takes states, returns `:ok`, `{:ok, value}` or `{:error, error}`.

  alias EctoLibSql.{Codec, Error, Nif, Result, State}
  alias EctoLibSql.Native.Statements
  alias EctoLibSql.Options.Names

  @type answer(value) :: {:ok, value} | {:error, Error.t()}
  @type answer :: :ok | {:error, Error.t()}

  @checkpoint_modes [:passive, :full, :restart, :truncate]
  @events [:update, :commit, :rollback, :wal]
  @actions [:read, :insert, :update, :delete, :ddl, :pragma, :attach, :transaction, :function] ++
             [:load_extension, :recursive]

  @spec info(State.t(), :last_insert_rowid | :changes | :total_changes) :: answer(integer())
  def info(state, fact), do: Statements.simple(Nif.info(State.conn(state), fact))

  @spec stats(State.t()) :: answer(map())
  def stats(state), do: Statements.simple(Nif.stats(State.conn(state)))

  @doc "One pragma; a text with more statements is refused, as what follows might be no pragma."
  @spec pragma(State.t(), String.t()) :: answer(Result.t())
  def pragma(state, sql), do: Statements.single(state, sql, [])

  @spec explain(State.t(), term(), term()) :: {:ok, Result.t()} | Statements.failure()
  def explain(state, sql, args) when is_binary(sql) do
    with {:ok, params} <- Codec.encode(args, :native) do
      Statements.single(state, "EXPLAIN QUERY PLAN " <> sql, params)
    end
  end

  def explain(_state, _sql, _args), do: refuse("the SQL to explain must be a string")

  # --- Backup and images ---

  @spec backup(State.t(), :to | :from, term(), keyword()) :: answer()
  def backup(state, direction, path, opts) do
    with :ok <- Names.check(opts, [:progress, :pages_per_step], "a backup") do
      checked_backup(state, direction, path, opts)
    end
  end

  defp checked_backup(state, direction, path, opts) do
    progress = opts[:progress]
    pages = Keyword.get(opts, :pages_per_step, 256)

    cond do
      not path?(path) ->
        refuse("the path of a backup must be a string")

      not (is_nil(progress) or is_pid(progress)) ->
        refuse(":progress must be a pid")

      not (is_integer(pages) and pages > 0) ->
        refuse(":pages_per_step must be a positive integer")

      true ->
        copy(state, direction, path, progress, pages)
    end
  end

  defp copy(state, direction, path, progress, pages) do
    conn = State.in_transaction(state)
    call = fn _left -> Nif.backup(conn, direction, path, progress, pages) end
    Statements.simple(Statements.waiting(state, -1, call))
  end

  @spec serialise(State.t(), term()) :: answer(binary())
  def serialise(state, database) do
    if is_binary(database),
      do: Statements.simple(Nif.serialise(State.in_transaction(state), database)),
      else: refuse("the name of a database must be a string")
  end

  @spec deserialise(State.t(), term(), term()) :: answer()
  def deserialise(state, image, database) do
    if is_binary(image) and is_binary(database),
      do: Statements.simple(Nif.deserialise(State.in_transaction(state), image, database)),
      else: refuse("the image and the name of a database must be binaries")
  end

  @spec vacuum_into(State.t(), term()) :: answer()
  def vacuum_into(state, path) do
    if path?(path),
      do: Statements.simple(Nif.vacuum_into(State.in_transaction(state), path)),
      else: refuse("the path of VACUUM INTO must be a string")
  end

  @spec checkpoint(State.t(), term(), String.t()) ::
          answer(%{busy: boolean(), log_frames: integer(), checkpointed_frames: integer()})
  def checkpoint(state, mode, database \\ "main") do
    if mode in @checkpoint_modes do
      with {:ok, {busy?, log, checkpointed}} <-
             Statements.simple(Nif.checkpoint(State.in_transaction(state), mode, database)) do
        {:ok, %{busy: busy?, log_frames: log, checkpointed_frames: checkpointed}}
      end
    else
      refuse("the checkpoint mode must be one of #{inspect(@checkpoint_modes)}")
    end
  end

  # --- Extensions ---

  @spec load_extension(State.t(), term(), term()) :: answer()
  def load_extension(state, path, entry_point) do
    cond do
      not path?(path) ->
        refuse("the path of an extension must be a string without NUL characters")

      is_nil(entry_point) or is_binary(entry_point) ->
        Statements.simple(Nif.load_extension(State.conn(state), path, entry_point || ""))

      true ->
        refuse("the entry point of an extension must be a string or nil")
    end
  end

  # --- Events and policy ---

  @spec subscribe(State.t(), term(), pid() | atom()) :: answer(reference())
  def subscribe(state, events, subscriber) do
    with {:ok, events} <- events(List.wrap(events)),
         {:ok, pid} <- subscriber(subscriber) do
      Statements.simple(Nif.subscribe(State.conn(state), events, pid))
    end
  end

  defp events([_ | _] = events) do
    if Enum.all?(events, &(&1 in @events)), do: {:ok, Enum.uniq(events)}, else: refuse_events()
  end

  defp events([]), do: refuse_events()

  defp refuse_events, do: refuse("events must be a list of #{inspect(@events)}")

  defp subscriber(pid) when is_pid(pid), do: {:ok, pid}

  defp subscriber(name) when is_atom(name) do
    case Process.whereis(name) do
      nil -> refuse("no process is registered as #{inspect(name)}")
      pid -> {:ok, pid}
    end
  end

  defp subscriber(_other), do: refuse("a subscriber must be a pid or a registered name")

  @spec unsubscribe(State.t(), term()) :: answer()
  def unsubscribe(state, ref) do
    if is_reference(ref),
      do: Statements.simple(Nif.unsubscribe(State.conn(state), ref)),
      else: refuse("a subscription is the reference that subscribe/3 returned")
  end

  @spec set_access_policy(State.t(), term()) :: answer()
  def set_access_policy(state, opts) do
    with :ok <- Names.check(opts, [:deny], "an access policy"),
         {:ok, denials} <- denials(opts[:deny], []) do
      Statements.simple(Nif.set_access_policy(State.conn(state), denials))
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

  defp path?(path), do: is_binary(path) and path != "" and not String.contains?(path, <<0>>)

  defp refuse(message), do: {:error, Error.new(:invalid_argument, message)}
end
