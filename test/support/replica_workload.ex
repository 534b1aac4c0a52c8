defmodule EctoLibSql.ReplicaWorkload do
  @moduledoc false
  # What tests write at a primary so that any state of a replica's file can be judged: transaction n adds three rows with
  # the number n, notes n, and removes the rows of transaction n - 100.

  import ExUnit.Assertions

  alias EctoLibSql.{DriverCase, Native}

  @kept 100

  def create!(state) do
    {:ok, _} =
      Native.execute_batch_sql(state, """
      CREATE TABLE t (number, filler);
      CREATE INDEX t_number ON t (number);
      CREATE TABLE last (n);
      INSERT INTO last VALUES (0);
      """)

    state
  end

  def write!(state, n) do
    {:ok, _} =
      Native.batch_transactional(state, [
        {"INSERT INTO t SELECT ?, randomblob(900) FROM (VALUES (1), (2), (3))", [n]},
        {"UPDATE last SET n = ?", [n]},
        {"DELETE FROM t WHERE number <= ?", [n - @kept]}
      ])

    n
  end

  @doc "A process that writes transactions from `first` on until stop_writer/1."
  def start_writer(url, first) do
    spawn_link(fn ->
      {:ok, state} = EctoLibSql.connect(uri: url)
      write_on(state, first)
    end)
  end

  defp write_on(state, n) do
    write!(state, n)

    receive do
      {:stop, from} -> send(from, {self(), n})
    after
      2 -> write_on(state, n + 1)
    end
  end

  @doc "Returns the number of the last transaction."
  def stop_writer(writer) do
    send(writer, {:stop, self()})
    assert_receive {^writer, n}, 30_000
    n
  end

  @doc "The number of the last transaction in a replica's file, which must be sound and one state of the primary's; nil without a file."
  def number(path), do: if(File.exists?(path), do: number_in(path))

  defp number_in(path) do
    {:ok, state} = EctoLibSql.connect(database: path, mode: :readonly)
    assert DriverCase.rows!(state, "PRAGMA integrity_check") == [["ok"]]

    [[n, count, newest]] =
      DriverCase.rows!(
        state,
        "SELECT n, (SELECT count(*) FROM t), (SELECT max(number) FROM t) FROM last"
      )

    assert count == 3 * min(n, @kept)
    assert newest == if(n > 0, do: n)
    EctoLibSql.disconnect([], state)
    n
  end

  @doc "A digest of the bytes that a database file has when its log is moved into it."
  def digest(path) do
    # Not by the tests' helper: it is a file in the suites of servers, too.
    {:ok, state} = EctoLibSql.connect(database: path)
    # Connections to it may still be closing.
    DriverCase.eventually(fn ->
      match?({:ok, %{busy: false}}, EctoLibSql.checkpoint(state, :truncate))
    end)

    EctoLibSql.disconnect([], state)

    path
    |> File.stream!([], 1_048_576)
    |> Enum.reduce(:erlang.md5_init(), &:erlang.md5_update(&2, &1))
    |> :erlang.md5_final()
  end
end
