defmodule Mix.Tasks.EctoLibsql.DoctorTest do
  use EctoLibSql.EctoCase, async: true

  @tag :plain
  test "the task prints the report", %{folder: folder} do
    Mix.shell(Mix.Shell.Process)
    sql!("CREATE TABLE t (a)")
    Mix.Tasks.EctoLibsql.Doctor.run([Path.join(folder, "test.db")])
    assert_received {:mix_shell, :info, ["journal mode:          wal"]}

    assert_raise Mix.Error, ~r/none.db: no such file/, fn ->
      Mix.Tasks.EctoLibsql.Doctor.run([Path.join(folder, "none.db")])
    end

    assert_raise Mix.Error, ~r/usage/, fn -> Mix.Tasks.EctoLibsql.Doctor.run([]) end
  after
    Mix.shell(Mix.Shell.IO)
  end
end
