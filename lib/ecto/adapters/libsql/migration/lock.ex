defmodule Ecto.Adapters.LibSql.Migration.Lock do
  @moduledoc false
  # One migrator at a time, on all nodes that share the database: a row with its owner and the time when it
  # expires. It is written in a transaction of its own, before those of the migrations. No connection is held
  # meanwhile, so that a pool of one is enough.
  #
  # A killed migrator leaves its row behind. Whether an owner on this machine is running can be found out: while
  # it runs it keeps the lock, else the lock is taken over at once. The lock of another machine is taken over
  # when it has expired.
  #
  # On a read-only connection nothing is locked: asking for the status of the migrations takes the lock too.

  require Logger

  alias Ecto.Adapters.LibSql.Catalog
  alias Ecto.Adapters.LibSql.SQL.Quote

  @interval 200

  @spec with_lock(Ecto.Adapter.adapter_meta(), keyword(), (() -> result)) :: result
        when result: term()
  def with_lock(meta, opts, fun) do
    if meta.libsql.migration_lock do
      lock = lock(meta, opts)
      started = System.monotonic_time(:millisecond)

      with :ok <- prepare(lock), :ok <- acquire(lock, started) do
        try do
          fun.()
        after
          release(lock)
        end
      else
        :read_only -> fun.()
      end
    else
      fun.()
    end
  end

  defp lock(meta, opts) do
    name = "#{Keyword.get(opts, :migration_source, meta.libsql.migration_source)}_lock"

    %{
      meta: meta,
      name: name,
      prefix: opts[:prefix],
      table: Quote.table(opts[:prefix], name),
      owner: owner(),
      term: meta.libsql.migration_lock_term,
      opts: [log: false, timeout: :infinity, telemetry_options: [schema_migration: true]]
    }
  end

  # Process ids are used again; with the time when the process started they are unique.
  defp owner do
    "#{host()} #{System.pid()} #{inspect(self())} #{started(System.pid())}" <>
      ".#{System.unique_integer([:positive])}"
  end

  # Field 22 of /proc/…/stat; the second one is a name in parentheses that may hold anything.
  defp started(vm) do
    with {:ok, stat} <- File.read("/proc/#{vm}/stat"),
         [_, fields] <- Regex.run(~r/.*\) (.*)/s, stat) do
      fields |> String.split() |> Enum.at(19)
    else
      _no_proc -> "0"
    end
  end

  defp host do
    {:ok, name} = :inet.gethostname()
    to_string(name)
  end

  defp prepare(lock) do
    sql = [
      ["CREATE TABLE IF NOT EXISTS ", lock.table, " (id INTEGER PRIMARY KEY CHECK (id = 1), "],
      "owner TEXT NOT NULL, ends_at INTEGER NOT NULL)"
    ]

    with false <- Catalog.exists?(lock.meta, lock.name, lock.prefix, lock.opts),
         {:error, error} <- query(lock, sql, []) do
      read_only!(error)
    else
      _there -> :ok
    end
  end

  defp read_only!(%{sqlite: %{code: :readonly}}), do: :read_only
  defp read_only!(error), do: raise(error)

  defp acquire(lock, started) do
    with {:held, owner} <- take(lock) do
      warn_once(lock, owner, started)
      Process.sleep(@interval)
      acquire(lock, started)
    end
  end

  # Reads until the lock is free, because the owner may be writing.
  defp take(lock) do
    case holder(lock) do
      nil -> write(lock, nil)
      [owner, over] -> if free?(state(owner), over), do: write(lock, owner), else: {:held, owner}
    end
  end

  defp free?(:gone, _over), do: true
  defp free?(:running, _over), do: false
  defp free?(:unknown, over), do: over == 1

  # Replaces the row that was read, but not that of a migrator that has taken the lock since.
  defp write(lock, held) do
    sql = [
      ["INSERT INTO ", lock.table, " (id, owner, ends_at) VALUES (1, ?1, ", now(), " + ?2) "],
      "ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, ends_at = excluded.ends_at ",
      "WHERE owner = ?3 RETURNING owner"
    ]

    case query(lock, sql, [lock.owner, lock.term, held]) do
      {:ok, %{rows: [_taken]}} ->
        :ok

      {:ok, _not_taken} ->
        {:held, held}

      {:error, error} ->
        if taken_by_another_migrator?(lock, held, error),
          do: {:held, held},
          else: read_only!(error)
    end
  end

  # Busy comes from another migrator that holds the lock now, or from an ordinary writer.
  defp taken_by_another_migrator?(lock, held, error) do
    match?(%{sqlite: %{code: :busy}}, error) and not match?([^held, _over], holder(lock)) and
      holder(lock) != nil
  end

  defp holder(lock) do
    sql = ["SELECT owner, ends_at < ", now(), " FROM " | lock.table]
    List.first(query!(lock, sql).rows)
  end

  defp now, do: "CAST(strftime('%s', 'now') AS INTEGER)"

  # A process of this VM is asked for, one of this machine looked up in /proc; :unknown for other machines.
  defp state(owner) do
    with [host, vm, pid, started] <- String.split(owner, " "),
         [started, _unique] <- String.split(started, "."),
         true <- host == host() and File.dir?("/proc/self") do
      if started == started(vm) and running?(vm, pid), do: :running, else: :gone
    else
      _elsewhere -> :unknown
    end
  end

  defp running?(vm, "#PID" <> pid) do
    vm != System.pid() or Process.alive?(:erlang.list_to_pid(String.to_charlist(pid)))
  end

  # Other migrators wait for this, so it is tried again while the database is busy.
  defp release(lock) do
    case query(lock, ["DELETE FROM ", lock.table, " WHERE owner = ?1"], [lock.owner]) do
      {:ok, _result} -> :ok
      {:error, %{sqlite: %{code: :busy}}} -> release(lock)
      {:error, error} -> raise error
    end
  end

  defp warn_once(lock, owner, started) do
    waited = System.monotonic_time(:millisecond) - started

    if div(waited, 10_000) != div(waited + @interval, 10_000) do
      Logger.info("#{inspect(lock.meta.repo)} waits for the migration lock of #{owner}")
    end
  end

  defp query!(lock, sql, params \\ []),
    do: Ecto.Adapters.SQL.query!(lock.meta, IO.iodata_to_binary(sql), params, lock.opts)

  defp query(lock, sql, params),
    do: Ecto.Adapters.SQL.query(lock.meta, IO.iodata_to_binary(sql), params, lock.opts)
end
