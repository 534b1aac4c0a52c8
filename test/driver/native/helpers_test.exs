defmodule EctoLibSql.Native.HelpersTest do
  use EctoLibSql.DriverCase, async: true

  alias EctoLibSql.Terms

  describe "detect_command/1" do
    test "reads the verb" do
      for {sql, command} <- [
            {"SELECT 1", :select},
            {"values (1)", :select},
            {"EXPLAIN SELECT 1", :select},
            {"INSERT INTO t VALUES (1)", :insert},
            {"replace into t values (1)", :insert},
            {"Update t SET x = 1", :update},
            {"DELETE FROM t", :delete},
            {"CREATE TABLE t (x)", :create},
            {"DROP TABLE t", :create},
            {"ALTER TABLE t ADD COLUMN y", :create},
            {"PRAGMA foreign_keys", :pragma},
            {"BEGIN IMMEDIATE", :begin},
            {"COMMIT", :commit},
            {"END", :commit},
            {"ROLLBACK", :rollback},
            {"ANALYZE", :other}
          ] do
        assert {sql, Native.detect_command(sql)} == {sql, command}
      end
    end

    test "skips blanks and comments" do
      assert Native.detect_command("\n\t /* a; b */ -- c\n  insert into t values (1)") == :insert
    end

    test "looks past common table expressions" do
      assert Native.detect_command("WITH a AS (SELECT 1) SELECT * FROM a") == :select
      assert Native.detect_command("WITH a(x) AS (VALUES (1)) DELETE FROM t") == :delete

      assert Native.detect_command(
               "WITH RECURSIVE a AS (SELECT 1), b AS (SELECT 2) UPDATE t SET x = 1"
             ) == :update
    end

    test "is :unknown for what cannot be read" do
      for term <- ["", "   ", "-- only a comment", nil, 5, [], %{}, :select, <<1::3>>] do
        assert Native.detect_command(term) == :unknown
      end
    end

    test "is one of its atoms for any term", context do
      Terms.seed(context)

      known = [
        :select,
        :insert,
        :update,
        :delete,
        :create,
        :pragma,
        :begin,
        :commit,
        :rollback,
        :other,
        :unknown
      ]

      for _ <- 1..1000 do
        term = Terms.any()
        assert Native.detect_command(term) in known, inspect(term)
      end
    end
  end

  describe "vectors" do
    test "vector/1 prints numbers" do
      assert Native.vector([1.0, 2.0]) == "[1.0,2.0]"
      assert Native.vector([]) == "[]"
      assert Native.vector([1, -2.5]) in ["[1,-2.5]", "[1.0,-2.5]"]
    end

    test "vector_type/1,2 name column types" do
      assert Native.vector_type(3) == "F32_BLOB(3)"
      assert Native.vector_type(3, :f32) == "F32_BLOB(3)"
      assert Native.vector_type(128, :f64) == "F64_BLOB(128)"

      for kind <- [:f16, :bf16, :f8, :f1bit] do
        type = Native.vector_type(8, kind)
        assert String.starts_with?(String.downcase(type), to_string(kind)) or type =~ "BLOB"
        assert type =~ "(8)"
      end
    end

    test "vector_type/2 refuses other kinds and sizes" do
      assert_raise ArgumentError, fn -> Native.vector_type(3, :f128) end
      assert_raise FunctionClauseError, fn -> Native.vector_type(0) end
      assert_raise FunctionClauseError, fn -> Native.vector_type(-1, :f64) end
    end

    test "distances are SQL text with the vector as list or string" do
      assert Native.vector_distance_cos("embedding", [1.0, 2.0]) ==
               "vector_distance_cos(embedding, '[1.0,2.0]')"

      assert Native.vector_distance_cos("embedding", "[1.0,2.0]") ==
               "vector_distance_cos(embedding, '[1.0,2.0]')"

      assert Native.vector_distance_l2("e", [1.0]) == "vector_distance_l2(e, '[1.0]')"
    end

    test "a vector given as text cannot inject SQL" do
      assert Native.vector_distance_cos("e", "[1.0]') OR 1=1 --") ==
               "vector_distance_cos(e, '[1.0]'') OR 1=1 --')"
    end
  end

  describe "execute_non_trx/3, query/3 and execute_with_trx/3" do
    test "answer like handle_execute" do
      state = open!()
      assert {:ok, _, %Result{rows: [[1]]}, %State{}} = Native.query(state, "SELECT ?", [1])

      assert {:ok, %Query{}, %Result{rows: [[1]]}, %State{}} =
               Native.execute_non_trx(%Query{statement: "SELECT ?"}, state, [1])

      {:ok, begun} = Native.begin(state)

      assert {:ok, %Query{}, %Result{rows: [[2]]}, %State{}} =
               Native.execute_with_trx(begun, %Query{statement: "SELECT ?"}, [2])

      assert {:error, %Error{message: "no such table: nope"}, %State{}} =
               Native.query(begun, "SELECT * FROM nope", [])
    end
  end

  test "vector_to_blob/2 refuses what does not fit, and never stores infinity" do
    for number <- [1.0e39, -1.0e39, 3.4028236e38, Integer.pow(10, 40)] do
      assert_raise ArgumentError, ~r/:f32/, fn -> Native.vector_to_blob([number]) end
      assert {:ok, [_]} = Native.vector_from_blob(Native.vector_to_blob([number], :f64))
    end

    largest = 3.4028234663852886e38
    assert {:ok, [^largest]} = Native.vector_from_blob(Native.vector_to_blob([largest]))
    assert {:ok, [_]} = Native.vector_from_blob(Native.vector_to_blob([3.4028235e38]))
  end
end
