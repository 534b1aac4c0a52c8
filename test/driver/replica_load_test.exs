defmodule EctoLibSql.ReplicaLoadTest do
  # Replicas of large databases. The primary is sqld where LIBSQL_SQLD names its program, else the development server.
  use EctoLibSql.DriverCase, async: true

  import EctoLibSql.Primary, only: [replica!: 3]

  alias EctoLibSql.{Primary, ReplicaWorkload}

  # How far a database grows; ECTO_LIBSQL_GROWTH_MB sets it.
  @megabytes String.to_integer(System.get_env("ECTO_LIBSQL_GROWTH_MB") || "40")
  # A row of 3,900 bytes fills a page.
  @rows_per_megabyte 250
  # Frames that syncs bring while readers read: rows by rounds. Of more than 50,000 at once, the development server sends
  # the newest image of each page.
  @rows 20_000
  @rounds 10

  @moduletag :slow
  @moduletag timeout: :infinity

  setup_all do
    Primary.compile!()
    :ok
  end

  setup do: Primary.start_in_folder()

  defp patiently!(state, sql) do
    {:ok, _, result, _} = EctoLibSql.handle_execute(sql, [], [timeout: 600_000], state)
    result
  end

  defp add_rows!(primary, count) do
    patiently!(primary, """
    WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < #{count})
    INSERT INTO big (n, data) SELECT 0, randomblob(3900) FROM s
    """)
  end

  defp sync!(state), do: {:ok, _} = Native.sync(state, report: true, timeout: 600_000)

  test "a database that grows and shrinks is the primary's byte for byte after each sync", %{
    folder: folder,
    path: path,
    url: url,
    primary: primary
  } do
    run!(primary, "CREATE TABLE big (id INTEGER PRIMARY KEY, n, data)")
    state = replica!(path, url, sync: false)
    part = div(@megabytes * @rows_per_megabyte, 4)

    same_after = fn change ->
      change.()
      sync!(state)
      assert ReplicaWorkload.digest(path) == ReplicaWorkload.digest(Primary.copy(folder))
      File.stat!(path).size
    end

    vacuum = fn -> assert Primary.vacuum(folder) in [:ok, :refused] end
    sizes = for _ <- 1..4, do: same_after.(fn -> add_rows!(primary, part) end)
    assert List.last(sizes) > @megabytes * 1_000_000

    same_after.(fn -> patiently!(primary, "DELETE FROM big WHERE id % 4 != 0") end)
    quarter = same_after.(vacuum)
    unless Primary.sqld?(), do: assert(quarter < div(List.last(sizes), 3))
    same_after.(fn -> patiently!(primary, "DELETE FROM big") end)
    empty = same_after.(vacuum)
    unless Primary.sqld?(), do: assert(empty < 100_000)
    same_after.(fn -> add_rows!(primary, part) end)
    assert rows!(state, "SELECT count(*) FROM big") == [[part]]
    assert rows!(state, "PRAGMA integrity_check") == [["ok"]]
  end

  test "eight readers see whole transactions, one after the other, and no error during syncs of #{@rows * @rounds} frames",
       %{path: path, url: url, primary: primary} do
    run!(primary, "CREATE TABLE big (id INTEGER PRIMARY KEY, n, data)")
    add_rows!(primary, @rows)
    state = replica!(path, url, sync: false)
    me = self()

    readers =
      for number <- 1..8 do
        Task.async(fn ->
          own = replica!(path, url, sync: false)
          read!(own, 0)
          send(me, {:ready, number})
          read_until_told(own, number, 0, 0)
        end)
      end

    for number <- 1..8, do: assert_receive({:ready, ^number}, 30_000)

    for _ <- 1..@rounds do
      patiently!(primary, "UPDATE big SET n = n + 1, data = randomblob(3900)")
      {:ok, %{pages: pages}} = sync!(state)
      assert pages >= @rows
    end

    for reader <- readers, do: send(reader.pid, :stop)
    reads = Task.await_many(readers, 60_000)
    assert Enum.min(reads) > 10
    assert read!(state, 0) == @rounds
  end

  # Two rows that each transaction changes together.
  defp read!(state, place) do
    one = rem(place * 7919, @rows) + 1
    other = rem(place * 104_729, @rows) + 1

    {:ok, _, %Result{rows: [[n, n]]}, _} =
      EctoLibSql.handle_execute(
        "SELECT (SELECT n FROM big WHERE id = ?), (SELECT n FROM big WHERE id = ?)",
        [one, other],
        [],
        state
      )

    n
  end

  # The number of reads.
  defp read_until_told(state, place, seen, count) do
    n = read!(state, place)
    assert n >= seen

    receive do
      :stop -> count + 1
    after
      1 -> read_until_told(state, place + 1, n, count + 1)
    end
  end
end
